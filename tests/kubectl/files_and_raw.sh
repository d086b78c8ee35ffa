# files
kubectl apply -k .
kubectl apply -f conf.yaml
kubectl apply view-last-applied configmap conf
kubectl create configmap plain --from-literal=a=b
sed s/conf/plain/ conf.yaml | kubectl apply -f -
KUBE_EDITOR="sed -i s/b/c/" kubectl apply edit-last-applied configmap conf
kubectl apply --prune -l app=x --prune-allowlist=core/v1/ConfigMap -f conf.yaml
kubectl get -f conf.yaml
kubectl get configmap conf plain -o name
kubectl get configmap conf nothere
kubectl replace --force -f conf.yaml
kubectl create -f conf.yaml --dry-run=server
kubectl create configmap dry --from-literal=a=b --dry-run=server -o jsonpath='{.data} {.metadata.namespace}{"\n"}'
kubectl get configmap dry
kubectl label configmap conf --list
kubectl label configmap --all tier=a
kubectl label configmap -l tier=a tier-
kubectl annotate configmap conf a=b --resource-version=1
kubectl get configmap --field-selector=metadata.name=conf -o name
kubectl get configmap --field-selector=data.a=b
kubectl get configmap -l '!tier' -o name
kubectl create cronjob often --image=often:1 --schedule='*/5 * * * *'
kubectl create job now --from=cronjob/often
kubectl get job now -o jsonpath='{.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name}{"\n"}'
# without kubectl's own reading
kubectl get --raw /healthz; echo
kubectl get --raw /api/v1/namespaces/default/configmaps/conf/status
kubectl get --raw /nothing
kubectl get --raw /apis/none.example.com/v1
kubectl create --raw /api/v1/namespaces/default/configmaps -f - < conf.yaml
kubectl delete --raw /api/v1/namespaces/default/configmaps/conf; echo
# what there is
kubectl api-resources --categories=all --no-headers
kubectl api-resources --namespaced=false --api-group=apiextensions.k8s.io -o wide
kubectl api-resources --verbs=list,get,watch --api-group=apps --no-headers
kubectl api-versions
