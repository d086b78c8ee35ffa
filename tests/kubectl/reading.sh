# definitions and their discovery
$KAASBOARD crds | kubectl apply -f -
kubectl wait --for=condition=Established crd --all --timeout=10s
kubectl api-resources --api-group=kaasboard.dev
kubectl api-versions | grep -E 'kaasboard|^apps|^v1$'
kubectl get --raw /readyz; echo
# reading
kubectl apply -f shop.yaml
kubectl get kubernetesclusters -A
kubectl get kc -n shop -o wide
kubectl get kc web -n shop -o yaml
kubectl get kc web -n shop -o jsonpath='{.spec.etcd.replicas}{"\n"}'
kubectl get kc -A -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} {.spec.controlPlane.flavor}{"\n"}{end}'
kubectl get kc -A -o custom-columns=NAME:.metadata.name,RELEASE:.spec.release
kubectl get kc -A -o name
kubectl get kmd -n shop web-general -o json | grep -E '"(replicas|role|pool)"'
kubectl get kaasboard -A
kubectl get kc -A -l stage=production --no-headers
kubectl get kc -A -l 'stage in (test)'
kubectl get kmd -A --field-selector=spec.clusterName=web -o name
kubectl get kmd -A --show-labels
kubectl get crd --chunk-size=5 --sort-by=.metadata.name -o name | wc -l
kubectl get tenants shop --output=go-template='{{.spec.displayName}}{{"\n"}}'
kubectl get namespaces
kubectl describe kc web -n shop
kubectl describe crd releases.kaasboard.dev | head -20
# explaining
kubectl explain kubernetescluster.spec
kubectl explain kc.spec.workers.autoscale
kubectl explain kc.spec.etcd.replicas
kubectl explain machine --recursive | head -20
kubectl explain pod.spec.containers.image
