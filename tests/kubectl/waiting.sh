# conditions
$KAASBOARD crds | kubectl apply --server-side -f - | tail -1
kubectl apply -f shop.yaml >/dev/null
kubectl wait --for=condition=Available kc/web -n shop --timeout=1s
(sleep 1; kubectl patch kc web -n shop --subresource=status --type=merge -p '{"status":{"phase":"Provisioned","conditions":[{"type":"Available","status":"True","reason":"AsWanted","message":"","lastTransitionTime":"2026-11-20T08:00:00Z"}]}}' >/dev/null) & kubectl wait --for=condition=Available kc --all -A --timeout=20s
kubectl wait --for=jsonpath='{.status.phase}'=Provisioned kc/web -n shop --timeout=5s
kubectl wait --for=create configmap/late --timeout=1s
(sleep 1; kubectl delete kmd web-general -n shop --wait=false >/dev/null) & kubectl wait --for=delete kmd/web-general -n shop --timeout=20s
# watching
(sleep 1; kubectl label kc web -n shop a=b; kubectl delete kc web -n shop; sleep 1) >/dev/null & timeout 3 kubectl get kc -n shop -w -L a; wait
(sleep 1; kubectl create configmap w; sleep 1) >/dev/null & timeout 3 kubectl get configmaps -w --output-watch-events --no-headers; wait
timeout 2 kubectl get configmaps -o name --watch-only --request-timeout=1s
# rollouts and events
kubectl create deployment front --image=front:1
kubectl patch deployment front --subresource=status --type=merge -p '{"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1}}'
kubectl rollout status deployment/front --timeout=5s
kubectl rollout restart deployment/front
kubectl rollout pause deployment/front
kubectl get events
kubectl events
