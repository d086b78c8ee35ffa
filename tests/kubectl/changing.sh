# applying
$KAASBOARD crds | kubectl apply --server-side -f - | tail -1
kubectl apply -f shop.yaml
kubectl apply -f shop.yaml
sed 's/medium/large/' shop.yaml | kubectl diff -f - | grep -E '^[-+] '
sed 's/medium/large/' shop.yaml | kubectl apply --dry-run=server -f - | grep kubernetescluster
sed 's/medium/large/' shop.yaml | kubectl apply -f -
sed '/labels: { stage/s/, labels: { stage: production }//' shop.yaml | kubectl apply -f - >/dev/null; kubectl get kc web -n shop -o jsonpath='{.metadata.labels}{"\n"}'
# applying on the server
kubectl apply --server-side -f shop.yaml
kubectl apply --server-side --field-manager=other -f shop.yaml | tail -2
sed 's/medium/small/' shop.yaml | kubectl apply --server-side --field-manager=other -f -
sed 's/medium/small/' shop.yaml | kubectl apply --server-side --field-manager=other --force-conflicts -f -
kubectl get kc web -n shop -o jsonpath='{.spec.controlPlane.flavor}{"\n"}'
kubectl get kc web -n shop -o yaml --show-managed-fields | grep -E 'manager:|operation:'
# editing
KUBE_EDITOR="sed -i s/small/tiny/" kubectl edit kc web -n shop
KUBE_EDITOR="sed -i s/replicas:.3/replicas:.2/" kubectl edit kc web -n shop
KUBE_EDITOR=true kubectl edit kc web -n shop
# patching
kubectl patch kc web -n shop --type=merge -p '{"spec":{"paused":true}}'
kubectl patch kc web -n shop --type=json -p '[{"op":"replace","path":"/spec/paused","value":false}]'
kubectl patch kc web -n shop -p '{"spec":{"paused":true}}'
kubectl patch namespace shop -p '{"metadata":{"labels":{"a":"b"}}}'
kubectl patch kmd web-general -n shop --subresource=status --type=merge -p '{"status":{"replicas":3,"readyReplicas":3}}'
kubectl get kmd -n shop
# labels and annotations
kubectl label kc web -n shop stage=test --overwrite
kubectl label kc web -n shop stage=other
kubectl label kc web -n shop stage-
kubectl annotate kc --all -A note='a person was here'
kubectl get kc web -n shop -o jsonpath='{.metadata.annotations.note}{"\n"}'
# scaling
kubectl scale machinedeployment/web-general -n shop --replicas=5
kubectl scale machinedeployment/web-general -n shop --current-replicas=4 --replicas=6
kubectl get kmd web-general -n shop -o jsonpath='{.spec.replicas}{"\n"}'
kubectl create deployment front --image=front:1 --replicas=2
kubectl scale deployment/front --replicas=4
kubectl set image deployment/front front=front:2
kubectl set env deployment/front STAGE=test
kubectl get deployment front -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[0]}{"\n"}'
# replacing
kubectl get kmd web-general -n shop -o yaml | sed 's/replicas: 5/replicas: 1/' | kubectl replace -f -
kubectl get kmd web-general -n shop -o yaml | sed 's/resourceVersion: .*/resourceVersion: "1"/' | kubectl replace -f -
