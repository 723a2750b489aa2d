import type { HostClass } from './host-class.ts'

/** What a machine's names tell of it: `what` completes "Its hardware is …". */
export interface Hardware {
  readonly class: HostClass
  readonly what: string
}

/** Vendor, model and version as `system_info` has them; empty where it doesn't. */
export interface HardwareNames {
  readonly vendor: string
  readonly model: string
  /** Lenovo puts the name that people know here, and a machine type into the model. */
  readonly version: string
}

interface Known extends Hardware {
  readonly names: RegExp
}

/** Matched against vendor, model and version in one line; the first that fits counts. Machines before their makers. */
const KNOWN: readonly Known[] = [
  // Virtual machines first: some carry the name of a notebook's chipset or of a maker of notebooks.
  { class: 'server', what: 'an instance of Amazon EC2', names: /^amazon ec2\b/i },
  { class: 'server', what: 'an instance of Google Compute Engine', names: /\bgoogle compute engine\b/i },
  {
    class: 'server',
    what: 'a virtual machine of Hyper-V or Azure',
    names: /^microsoft corporation virtual machine\b/i,
  },
  { class: 'server', what: 'a virtual machine of VMware', names: /^vmware, inc\. vmware/i },
  {
    class: 'server',
    what: 'a virtual machine of KVM or QEMU',
    names: /^(?:qemu|red hat) |\b(?:kvm|rhev|ovirt|openstack nova|standard pc \()/i,
  },
  { class: 'server', what: 'a virtual machine of Xen', names: /^xen hvm/i },
  {
    class: 'server',
    what: 'a virtual machine of a hosting company',
    names: /^(?:digitalocean|hetzner|vultr|linode|akamai|scaleway|oraclecloud|alibaba cloud|nutanix)\b/i,
  },
  // Names of servers.
  {
    class: 'server',
    what: 'a server',
    names:
      /\b(?:poweredge|proliant|thinksystem|ucs[bcx]-|primergy|synergy \d|apollo \d|system x\d|vxrail|super ?server|xserve)/i,
  },
  // Portable ones.
  { class: 'laptop', what: 'a MacBook', names: /\bmacbook/i },
  {
    class: 'laptop',
    what: 'a MacBook',
    names: /\bmac(?:14,(?:2|5|6|7|9|10|15)|15,(?:3|6|7|8|9|10|11|12|13)|16,(?:1|5|6|7|8|12|13))$/i,
  },
  {
    class: 'laptop',
    what: 'a notebook',
    names:
      /\b(?:thinkpad|thinkbook|ideapad|yoga|legion \d|latitude|xps 1[357]|inspiron 1[3-7]|vostro 1[3-7]|precision (?:5[5-9]|7[5-9])\d\d|elitebook|probook|zbook|pavilion (?:laptop|notebook)|notebook|laptop|surface (?:pro|book|go)|zenbook|vivobook|expertbook|rog (?:strix|zephyrus) g|travelmate|swift s|galaxy book|toughbook|lifebook|tecra|portege|dynabook|matebook|chromebook|lemur pro|galago pro|tuxedo infinitybook)/i,
  },
  // Machines on a desk: on when somebody works at them.
  {
    class: 'laptop',
    what: 'a desk computer, on when somebody works at it',
    names:
      /\bimac|\bmac(?:15,[45]|16,[23])$|\b(?:optiplex|thinkcentre|elitedesk|prodesk|elite (?:sff|tower|mini)|ideacentre|surface studio|veriton|expertcenter)/i,
  },
]

/** Recognizes a machine by the names that its maker gave it, or null. Of a name that says neither nothing is guessed. */
export function hardwareOf({ vendor, model, version }: HardwareNames): Hardware | null {
  const line = [vendor, model, version]
    .map(part => part.trim())
    .filter(part => part !== '')
    .join(' ')
  const known = KNOWN.find(({ names }) => names.test(line))
  return known === undefined ? null : { class: known.class, what: known.what }
}
