# applying
kubectl apply -f workloads.yaml
kubectl apply -f workloads.yaml
kubectl diff -f workloads.yaml
kubectl apply --server-side --force-conflicts -f workloads.yaml | wc -l
# reading
kubectl get statefulsets,daemonsets,services,pvc,pv,storageclasses,volumeattachments,leases,pdb -o wide
kubectl get statefulset db -o jsonpath='{.spec.updateStrategy} {.spec.podManagementPolicy}{"\n"}'
kubectl get service db -o jsonpath='{.spec.clusterIP} {.spec.clusterIPs}{"\n"}'
kubectl describe statefulset db
kubectl describe service db | grep -v 'IP Famil'
kubectl describe lease boss
# its scale
kubectl scale statefulset/db --replicas=4
kubectl get statefulset db --subresource=scale
kubectl get statefulset db --subresource=scale -o jsonpath='{.spec} {.status.selector}{"\n"}'
kubectl patch statefulset db --subresource=scale --type=merge -p '{"spec":{"replicas":1}}'
kubectl get statefulset db --subresource=status -o jsonpath='{.spec.replicas}{"\n"}'
# its containers, by strategic merge
kubectl set resources statefulset/db --limits=cpu=200m,memory=512Mi
kubectl set serviceaccount statefulset/db robot
kubectl patch statefulset db -p '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"db:3"}]}}}}'
kubectl patch statefulset db -p '{"spec":{"template":{"spec":{"containers":[{"name":"d","image":"d:3"}]}}}}'
kubectl get statefulset db -o jsonpath='{.spec.template.spec.containers[*].name} {.spec.template.spec.containers[*].image}{"\n"}'
kubectl patch statefulset db -p '{"spec":{"template":{"spec":{"containers":[{"$patch":"delete","name":"d"}]}}}}'
kubectl get statefulset db -o jsonpath='{.spec.template.spec.containers}{"\n"}'
kubectl rollout restart statefulset/db daemonset/agent
# what does not change
kubectl patch statefulset db -p '{"spec":{"serviceName":"other"}}'
kubectl patch pvc data -p '{"spec":{"accessModes":["ReadWriteMany"]}}' | head -1
kubectl patch pvc data -p '{"spec":{"volumeName":"pv1"}}'
kubectl patch storageclass fast -p '{"provisioner":"y.example.com"}'
# nodes and their pods
kubectl apply -f pods.yaml
kubectl get pods -o wide
kubectl patch node n1 --subresource=status -p '{"status":{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"10.0.0.1"}],"nodeInfo":{"kubeletVersion":"v1.34.2","osImage":"Flatcar","kernelVersion":"6","containerRuntimeVersion":"containerd://2","architecture":"","bootID":"","kubeProxyVersion":"","machineID":"","operatingSystem":"","systemUUID":""}}}'
kubectl label node n1 node-role.kubernetes.io/worker=
kubectl get nodes -o wide
kubectl wait --for=condition=Ready node/n1 --timeout=5s
kubectl patch pod guarded --subresource=status -p '{"status":{"phase":"Running","podIP":"10.1.1.1","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"c","ready":true,"restartCount":2,"image":"i","imageID":"","state":{"running":{"startedAt":"2026-11-20T08:00:00Z"}}}]}}'
kubectl get pods
kubectl get pods --field-selector=spec.nodeName=n1,status.phase!=Running -o name
kubectl get pods -l 'app in (free,guarded),app!=free' -o custom-columns=NAME:.metadata.name,PHASE:.status.phase
kubectl patch pod free -p '{"spec":{"nodeName":"n2"}}' | head -1
kubectl set image pod/free c=j
kubectl drain n1
kubectl delete pod free --now --wait=false
kubectl get pod free -o jsonpath='{.metadata.deletionGracePeriodSeconds}{"\n"}'
kubectl delete pod free --force
kubectl taint node n1 a=b:NoExecute
kubectl taint node n1 a=b:NoExecute-
# events
kubectl apply -f conf.yaml
kubectl describe configmap conf
kubectl get events
kubectl get events --field-selector involvedObject.name=conf,type=Normal -o name
kubectl get events --field-selector type=Warning
kubectl events --for configmap/conf
# everything
kubectl delete -f workloads.yaml --wait=false
