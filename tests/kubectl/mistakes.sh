# names
kubectl get kubernetescluster
kubectl get nothing
$KAASBOARD crds | kubectl apply --server-side -f - | tail -1
kubectl get kc
kubectl get kc none -n shop
kubectl get kc -n nowhere
kubectl create namespace Shop
kubectl create configmap a -n nowhere
# objects
kubectl apply -f shop.yaml >/dev/null
kubectl apply -f shop.yaml --server-side >/dev/null; kubectl create -f shop.yaml
kubectl apply -f wrong.yaml
kubectl apply --server-side -f wrong.yaml
sed 's/flavor: large/flavour: large/' shop.yaml | kubectl apply -f - | tail -3
sed 's/flavor: medium/flavor: medium, flavour: x/' shop.yaml | kubectl apply --validate=warn -f - | tail -3
sed 's/replicas: 3/replicas: many/' shop.yaml | kubectl apply -f - | tail -4
kubectl patch kc web -n shop --type=merge -p '{"spec":{"etcd":{"replicas":2}}}'
kubectl patch kc web -n shop --type=json -p '[{"op":"remove","path":"/spec/none"}]'
kubectl patch kc web -n shop --type=merge -p '{"spec":'
kubectl patch kc web -n shop --type=merge -p '{"metadata":{"name":"other"}}'
kubectl label kc web -n shop 'a b=c'
kubectl scale kmd web-general -n shop --replicas=-1
kubectl get kmd -A --field-selector=spec.nothing=x
kubectl get kc -A -l 'a in'
echo 'not: [yaml' | kubectl apply -f -
echo '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":1}}' | kubectl create -f - --validate=false
# what there is not
kubectl run one --image=one:1
kubectl logs one
kubectl exec one -- ls
kubectl port-forward pod/one 8080:80
kubectl top nodes
kubectl explain kc.spec.nothing
kubectl get --raw /metrics
kubectl --token=wrong --kubeconfig=/dev/null --server=$(kubectl config view -o jsonpath='{.clusters[0].cluster.server}') --insecure-skip-tls-verify get pods
kubectl auth can-i create pods --as=bob
kubectl create token default
