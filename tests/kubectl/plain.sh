# making
kubectl create namespace a
kubectl create secret generic pass --from-literal=user=me --from-literal=word=secret -n a
kubectl get secret pass -n a -o jsonpath='{.data.word}' | base64 -d; echo
kubectl describe secret pass -n a | sort
kubectl create configmap conf --from-literal=k=v -n a
kubectl describe configmap conf -n a
kubectl create serviceaccount robot -n a
kubectl create deployment front --image=front:1 --replicas=3 -n a
kubectl create service clusterip front --tcp=80:8080 -n a
kubectl create job once --image=once:1 -n a
kubectl create cronjob often --image=often:1 --schedule='*/5 * * * *' -n a
kubectl create role reader --verb=get,list --resource=pods -n a
kubectl create rolebinding readers --role=reader --serviceaccount=a:robot -n a
kubectl create clusterrole all --verb='*' --resource='*.*'
kubectl create poddisruptionbudget guard --selector=app=front --min-available=1 -n a
kubectl create quota small --hard=pods=5 -n a
kubectl create priorityclass high --value=100
kubectl create ingress door --rule=example.com/=front:80 -n a
kubectl run one --image=one:1 -n a
kubectl get all -n a
kubectl get pdb,quota,ingress -n a
kubectl describe deployment front -n a | head -12
# who and whether
kubectl auth can-i create pods
kubectl auth can-i '*' '*' --all-namespaces
kubectl auth whoami
kubectl version
kubectl cluster-info | head -1
# nodes
kubectl apply -f pods.yaml
kubectl get nodes
kubectl cordon n1
kubectl taint node n1 kaasboard.dev/starting=:NoSchedule
kubectl get node n1 -o jsonpath='{.spec.unschedulable} {.spec.taints}{"\n"}'
kubectl uncordon n1
kubectl patch pod guarded --subresource=status --type=merge -p '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}'
kubectl get pdb guard
kubectl drain n1 --force --timeout=2s --pod-selector=app=guarded 2>&1 | grep 'Cannot evict' | head -1
(sleep 1; kubectl delete pod free --force --grace-period=0 >/dev/null 2>&1) & kubectl drain n1 --force --timeout=20s --pod-selector=app=free
kubectl get pods -o name
kubectl delete pod guarded --force --grace-period=0
kubectl describe node n1 | head -8
