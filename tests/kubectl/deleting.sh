# in the background, in the foreground, leaving orphans
$KAASBOARD crds | kubectl apply --server-side -f - | tail -1
kubectl create configmap owner1
kubectl create configmap owner2
kubectl create configmap owner3
for n in 1 2 3; do kubectl create configmap child$n --dry-run=client -o json | sed "s/\"metadata\": {/\"metadata\": {\"ownerReferences\": [{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"owner$n\",\"uid\":\"$(kubectl get cm owner$n -o jsonpath='{.metadata.uid}')\",\"blockOwnerDeletion\":true}],/" | kubectl apply -f -; done
kubectl delete configmap owner1 --cascade=background
kubectl wait --for=delete configmap/child1 --timeout=10s
kubectl delete configmap owner2 --cascade=foreground
kubectl get configmap child2
kubectl delete configmap owner3 --cascade=orphan
kubectl get configmap child3 -o name
kubectl get configmap child3 -o jsonpath='{.metadata.ownerReferences}{"\n"}'
# finalizers
kubectl patch configmap child3 --type=merge -p '{"metadata":{"finalizers":["kaasboard.dev/test"]}}'
kubectl delete configmap child3 --wait=false
kubectl get configmap child3 -o jsonpath='{.metadata.deletionTimestamp}{"\n"}'
kubectl delete configmap child3 --timeout=1s
kubectl patch configmap child3 --type=merge -p '{"metadata":{"finalizers":null}}'
kubectl get configmap child3 --ignore-not-found
# many
kubectl create configmap a; kubectl create configmap b
kubectl label configmap a b x=y
kubectl delete configmap -l x=y
kubectl delete configmap --all
kubectl delete configmap none
kubectl delete configmap none --ignore-not-found
kubectl delete configmap none --dry-run=server
# namespaces and definitions
kubectl apply -f shop.yaml
kubectl delete -f shop.yaml --dry-run=server
kubectl delete namespace shop
kubectl get kc -A
kubectl delete crd kubernetesclusters.kaasboard.dev
kubectl get kc -A
