#include "tools/audit_bodies.hpp"

namespace nodeportd::test {
namespace {

void append_metadata(std::string& out, const ObjectText& object, std::string_view manager,
                     std::string_view fields) {
  append(out, R"("metadata":{"name":")", object.name, R"(","namespace":")", object.name_space,
         R"(","uid":")", object.uid, R"(","resourceVersion":")", object.version,
         R"(","creationTimestamp":"2026-10-02T06:11:40Z",)");
  if (!object.annotation.empty()) {
    append(out, R"("annotations":{"kubectl.kubernetes.io/last-applied-configuration":")",
           object.annotation, R"("},)");
  }
  append(out, R"("managedFields":[{"manager":")", manager,
         R"(","operation":"Update","apiVersion":"v1","time":")", object.time,
         R"(","fieldsType":"FieldsV1","fieldsV1":)", fields, "}]}");
}

void append_service_metadata(std::string& out, const ServiceText& service) {
  append(out, R"("metadata":{"name":")", service.name, R"(","namespace":")", service.name_space,
         "\"");
  if (!service.uid.empty()) append(out, R"(,"uid":")", service.uid, "\"");
  if (!service.version.empty()) append(out, R"(,"resourceVersion":")", service.version, "\"");
  if (service.uid.empty()) {
    append(out, R"(,"creationTimestamp":null)");
  } else {
    append(out, R"(,"creationTimestamp":")", service.created, "\"");
  }
  append(out, R"(,"labels":{"app":")", service.name, R"("})");
  if (!service.annotation.empty()) {
    append(out, R"(,"annotations":{"kubectl.kubernetes.io/last-applied-configuration":")",
           service.annotation, R"("})");
  }
  if (!service.uid.empty()) {
    append(out, R"(,"managedFields":[{"manager":"kubectl-create","operation":"Update",)",
           R"("apiVersion":"v1","time":")", service.created, R"(","fieldsType":"FieldsV1",)",
           R"("fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{)",
           R"("f:externalTrafficPolicy":{},"f:internalTrafficPolicy":{},"f:ports":{".":{},)",
           R"("k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},)",
           R"("f:protocol":{},"f:targetPort":{}}},"f:selector":{},"f:sessionAffinity":{},)",
           R"("f:type":{}}}}])");
  }
  out += '}';
}

}  // namespace

void append_service(std::string& out, const ServiceText& service) {
  append(out, R"({"kind":"Service","apiVersion":"v1",)");
  append_service_metadata(out, service);
  append(out, R"(,"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":8080)");
  if (!service.node_port.empty()) append(out, R"(,"nodePort":)", service.node_port);
  append(out, R"(}],"selector":{"app":")", service.name, "\"}");
  if (!service.uid.empty()) {
    append(out, R"(,"clusterIP":"10.96.41.7","clusterIPs":["10.96.41.7"])");
  }
  if (!service.external_ip.empty()) append(out, R"(,"externalIPs":[")", service.external_ip, "\"]");
  append(out, R"(,"type":")", service.type, R"(","sessionAffinity":"None")");
  if (service.type == "NodePort") append(out, R"(,"externalTrafficPolicy":"Cluster")");
  if (!service.uid.empty()) {
    append(out, R"(,"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",)",
           R"("internalTrafficPolicy":"Cluster")");
  }
  append(out, R"(},"status":{"loadBalancer":{}}})");
}

void append_response_status(std::string& out, const StatusText& status) {
  append(out, R"({"metadata":{})");
  if (!status.reason.empty()) {
    append(out, R"(,"status":"Failure","message":")", status.message, R"(","reason":")",
           status.reason, "\"");
  }
  append(out, R"(,"code":)", status.code, "}");
}

void append_status_object(std::string& out, const StatusText& status) {
  append(out, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")",
         status.message, R"(","reason":")", status.reason, R"(","details":{"name":")", status.name,
         R"(","kind":"services"},"code":)", status.code, "}");
}

void append_lease(std::string& out, const ObjectText& object) {
  append(out, R"({"kind":"Lease","apiVersion":"coordination.k8s.io/v1",)");
  append_metadata(out, object, "kubelet",
                  R"({"f:metadata":{"f:ownerReferences":{".":{},"k:{\"uid\":\"7d0c\"}":{}}},)"
                  R"("f:spec":{"f:holderIdentity":{},"f:leaseDurationSeconds":{},)"
                  R"("f:renewTime":{}}})");
  append(out, R"(,"spec":{"holderIdentity":")", object.name,
         R"(","leaseDurationSeconds":40,"renewTime":")", object.time, R"("}})");
}

void append_config_map(std::string& out, const ObjectText& object, std::string_view value) {
  append(out, R"({"kind":"ConfigMap","apiVersion":"v1",)");
  append_metadata(out, object, "config-sync", R"({"f:data":{".":{},"f:settings.yaml":{}}})");
  append(out, R"(,"data":{"settings.yaml":")", value, R"("}})");
}

void append_event(std::string& out, const ObjectText& object, std::string_view message) {
  append(out, R"({"kind":"Event","apiVersion":"events.k8s.io/v1",)");
  append_metadata(out, object, "kubelet",
                  R"({"f:action":{},"f:eventTime":{},"f:note":{},"f:reason":{},"f:regarding":{},)"
                  R"("f:reportingController":{},"f:reportingInstance":{},"f:type":{}})");
  append(out, R"(,"eventTime":")", object.time,
         R"(","reportingController":"kubelet","reportingInstance":"worker-2","action":"Binding",)",
         R"("reason":"Scheduled","regarding":{"kind":"Pod","namespace":")", object.name_space,
         R"(","name":")", object.name, R"(","apiVersion":"v1"},"note":")", message,
         R"(","type":"Normal"})");
}

void append_endpoint_slice(std::string& out, const ObjectText& object, std::string_view more) {
  append(out, R"({"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1",)");
  append_metadata(out, object, "kube-controller-manager",
                  R"({"f:addressType":{},"f:endpoints":{},"f:metadata":{"f:labels":{".":{},)"
                  R"("f:endpointslice.kubernetes.io/managed-by":{}}},"f:ports":{}})");
  append(out, R"(,"addressType":"IPv4","endpoints":[{"addresses":["10.244.2.17"],"conditions":{)",
         R"("ready":true,"serving":true,"terminating":false},"targetRef":{"kind":"Pod",)",
         R"("namespace":")", object.name_space, R"(","name":")", object.name,
         R"(","uid":"5a6c1f0e-0d3b-4a3b-9a35-1f3e8b8d7c10"},"nodeName":"worker-2"})", more,
         R"(],"ports":[{)", R"("name":"http","port":8080,"protocol":"TCP"}]})");
}

void append_pod(std::string& out, const ObjectText& object, std::string_view more) {
  append(out, R"({"kind":"Pod","apiVersion":"v1",)");
  append_metadata(out, object, "kubelet",
                  R"({"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},)"
                  R"("f:lastTransitionTime":{},"f:status":{},"f:type":{}}},)"
                  R"("f:containerStatuses":{},"f:hostIP":{},"f:phase":{},"f:podIP":{},)"
                  R"("f:podIPs":{".":{},"k:{\"ip\":\"10.244.2.17\"}":{".":{},"f:ip":{}}},)"
                  R"("f:startTime":{}}})");
  append(out, R"(,"spec":{"containers":[{"name":"app","image":"registry.example.org/shop:4.2.1",)",
         R"("ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"resources":{)",
         R"("limits":{"memory":"256Mi"},"requests":{"cpu":"50m","memory":"256Mi"}},)",
         R"("readinessProbe":{"httpGet":{"path":"/ready?quick=1\u0026deep=0","port":8080,)",
         R"("scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,)",
         R"("failureThreshold":3},"terminationMessagePath":"/dev/termination-log",)",
         R"("terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"})", more, "],",
         R"("restartPolicy":"Always","terminationGracePeriodSeconds":30,)",
         R"("dnsPolicy":"ClusterFirst","serviceAccountName":"default","nodeName":"worker-2",)",
         R"("securityContext":{},"schedulerName":"default-scheduler"},"status":{"phase":)",
         R"("Running","conditions":[{"type":"Ready","status":"True","lastProbeTime":null,)",
         R"("lastTransitionTime":")", object.time, R"("}],"hostIP":"192.0.2.12",)",
         R"("podIP":"10.244.2.17","podIPs":[{"ip":"10.244.2.17"}],"startTime":")", object.time,
         R"(","qosClass":"Burstable"}})");
}

void append_node(std::string& out, const ObjectText& object, std::string_view more) {
  append(out, R"({"kind":"Node","apiVersion":"v1",)");
  append_metadata(out, object, "kubelet",
                  R"({"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{"f:lastHeartbeatTime":)"
                  R"({}}},"f:images":{}}})");
  append(out, R"(,"spec":{"podCIDR":"10.244.2.0/24","podCIDRs":["10.244.2.0/24"]},"status":{)",
         R"("capacity":{"cpu":"16","memory":"65843212Ki","pods":"110"},"allocatable":{"cpu":"15",)",
         R"("memory":"64794636Ki","pods":"110"},"conditions":[{"type":"Ready","status":"True",)",
         R"("lastHeartbeatTime":")", object.time, R"(","reason":"KubeletReady"}],"addresses":[{)",
         R"("type":"InternalIP","address":"192.0.2.12"}],"daemonEndpoints":{"kubeletEndpoint":{)",
         R"("Port":10250}},"nodeInfo":{"kernelVersion":"6.1.0-18-amd64","osImage":"Debian 12",)",
         R"("architecture":"amd64"},"images":[{"names":["registry.k8s.io/pause:3.9"],)",
         R"("sizeBytes":321520})", more, "]}}");
}

void append_access_review(std::string& out, const ObjectText& object) {
  append(out, R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1",)",
         R"("metadata":{"creationTimestamp":null},"spec":{"resourceAttributes":{"namespace":")",
         object.name_space, R"(","verb":"get","resource":"pods","name":")", object.name,
         R"("},"user":"system:serviceaccount:monitoring:scraper","groups":[)",
         R"("system:serviceaccounts","system:serviceaccounts:monitoring",)",
         R"("system:authenticated"]},"status":{"allowed":true,"reason":"RBAC: allowed by )",
         R"(ClusterRoleBinding \"scraper\" of ClusterRole \"scraper\""}})");
}

}  // namespace nodeportd::test
