# definitions
$KAASBOARD crds | kubectl apply --server-side -f - | wc -l
kubectl get crd kubernetesclusters.kaasboard.dev -o jsonpath='{.status.conditions[*].type} {.status.conditions[*].reason} {.status.storedVersions}{"\n"}'
kubectl api-resources --categories=kaasboard -o name | wc -l
kubectl explain kmd.status
kubectl explain kc.status.conditions
kubectl explain machines --api-version=kaasboard.dev/v9
# reading by every name
kubectl apply -f shop.yaml
kubectl get kc/web kmd/web-general -n shop
kubectl get kubernetesclusters.v1alpha1.kaasboard.dev -n shop -o name
kubectl get kubernetesclusters.kaasboard.dev/web -n shop -o json | head -24
kubectl get machinedeployments.kaasboard.dev -n shop -o wide
kubectl get kc -A --server-print=false
kubectl get kmd -n shop --field-selector=spec.role=worker,spec.clusterName!=x -o name
# subresources
kubectl get kmd web-general -n shop --subresource=scale
kubectl get kmd web-general -n shop --subresource=scale -o yaml
kubectl get kmd web-general -n shop --subresource=status -o name
KUBE_EDITOR="sed -i '\$a status: {phase: Provisioned}'" kubectl edit kc web -n shop --subresource=status
kubectl patch kc web -n shop --subresource=status --type=merge -p '{"status":{"phase":"Dancing"}}'
kubectl patch kc web -n shop --type=merge -p '{"status":{"phase":"Failed"}}'
kubectl get kc web -n shop -o jsonpath='{.status.phase} {.metadata.generation}{"\n"}'
KUBE_EDITOR="sed -i s/production/test/" kubectl edit kc web -n shop -o json | head -1
# patches
kubectl patch kc web -n shop --type=json -p '[{"op":"test","path":"/spec/paused","value":false},{"op":"replace","path":"/spec/paused","value":true}]'
kubectl patch kc web -n shop --type=json -p '[{"op":"test","path":"/spec/paused","value":false},{"op":"replace","path":"/spec/paused","value":true}]'
kubectl patch kc web -n shop --type=json -p '[{"op":"dance","path":"/spec"}]'
kubectl patch kc web -n shop --type=merge -p '{"spec":{"upgrade":{"maxSurge":"25%"}}}' --dry-run=server -o jsonpath='{.spec.upgrade}{"\n"}'
kubectl patch kc web -n shop --type=merge -p '{"spec":{"nothing":1}}'
kubectl patch kc web -n shop --type=merge -p '{"spec":null}'
# managers of fields
kubectl get kc web -n shop -o jsonpath='{range .metadata.managedFields[*]}{.manager} {.operation} {.subresource}{"\n"}{end}' --show-managed-fields | sort
kubectl diff -f shop.yaml --server-side | grep '^[-+] *stage'
kubectl apply -f shop.yaml --server-side --dry-run=server
# what a definition may not become
kubectl patch crd machines.kaasboard.dev --type=merge -p '{"spec":{"scope":"Cluster"}}'
kubectl patch crd machines.kaasboard.dev --type=merge -p '{"spec":{"names":{"plural":"boxes"}}}'
# leaving
kubectl delete kc,kmd --all -A
kubectl delete tenants --all
kubectl delete crd machines.kaasboard.dev operations.kaasboard.dev
kubectl api-resources --api-group=kaasboard.dev --no-headers | wc -l
