/**
 * Images that can't do their work without control over the host: networks, storage, sensors, Kubernetes' own. By their
 * vendors' manifests. A name says where an image should come from, not where it came from, so this list
 * stays short and is no proof. `docker.io/` in front and the tag are left out.
 */
export const PRIVILEGED_IMAGES = {
  checked: '2026-11-24',
  names: new Set<string>([
    'quay.io/cilium/cilium',
    'cilium/cilium',
    'calico/node',
    'quay.io/calico/node',
    'registry.k8s.io/kube-proxy',
    'k8s.gcr.io/kube-proxy',
    'gcr.io/datadoghq/agent',
    'datadog/agent',
    'falcosecurity/falco',
    'falcosecurity/falco-driver-loader',
    'kindest/node',
    'gcr.io/k8s-minikube/kicbase',
    'moby/buildkit',
    'tonistiigi/binfmt',
    'longhornio/longhorn-manager',
    'longhornio/longhorn-engine',
  ]),
}
