import { rule, table } from '../../src/detect/rule.ts'

/**
 * Families of modules of the kernel itself that come and go with what people plug in, mount or firewall. None of them can
 * be told from a module of the same name by its name; they are left out because they would bury the rest.
 */
const EVERYDAY =
  /^(?:nf_|nft_|nfnetlink|xt_|ip_|ip6|ipt_|ip6t_|iptable_|ebt|arp_|arpt|br_|bridge$|veth$|vxlan$|overlay$|tun$|tap$|usb|uas$|hid|snd|sound|btrfs$|xfs$|ext[234]$|vfat$|fat$|nls_|isofs$|udf$|ntfs|exfat$|fuse$|cifs|nfs|sunrpc$|rpcsec_|lockd$|grace$|dm_|raid|loop$|sr_mod$|cdrom$|nvme|sd_mod$|crc|aes|sha|ghash|poly|chacha|curve|cryptd$|algif_|af_|tls$|kvm|vhost|virtio|vmw|hv_|xen|i2c|mei|intel|amd|drm|ttm$|video$|bluetooth$|bt|rfcomm$|bnep$|cfg80211$|mac80211$|iwl|ath|rtl|rtw|mt7|inet_diag$|tcp_|udp_|unix_diag$|netlink_diag$|sch_|cls_|act_|dummy$|bonding$|8021q$|binfmt_misc$|joydev$|input_|mousedev$|psmouse$|wireguard$|libchacha|libcurve|lib)/

export default rule({
  id: 'linux.kernel-module-loaded',
  title: 'A module new to the host was loaded into the kernel',
  severity: 'info',
  // Far too many innocent causes to wake anyone; beside another alert it is what one wants to know.
  alert: false,
  on: table('kernel_modules'),
  attack: ['T1547.006'],
  initial: 'ignore',
  detect: ({ columns }) => columns.name !== '' && !EVERYDAY.test(columns.name),
  alertTitle: ({ host, columns }) => `Module ${columns.name} was loaded into the kernel of ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({ module: columns.name, size: columns.size, status: columns.status }),
  means:
    'Code in the kernel can do and hide everything. A module that no package of the host brings is how rootkits get there; linux.kernel-tainted tells when the kernel itself finds a module to be unsigned or foreign.',
  check: "SELECT name, size, used_by, status, address FROM kernel_modules WHERE name NOT LIKE 'nf_%';",
  benign: 'New hardware, another file system, a VPN, a container runtime, drivers built by DKMS, sensors.',
  runbook:
    'Look where the module comes from (modinfo -n NAME) and whether the file belongs to a package (dpkg -S, rpm -qf) or to DKMS. A module without a file, or with one outside of /lib/modules, is to be treated as a rootkit.',
  references: ['https://attack.mitre.org/techniques/T1547/006/'],
  tests: [
    {
      name: 'a module nobody knows',
      match: true,
      columns: { name: 'helper', size: '16384', status: 'Live' },
      title: 'Module helper was loaded into the kernel of test-host',
      dedup: 'test-host-id helper',
      severity: 'info',
      context: { module: 'helper', size: '16384', status: 'Live' },
    },
    { name: 'a firewall rule', match: false, columns: { name: 'xt_MASQUERADE' } },
    { name: 'a stick', match: false, columns: { name: 'usb_storage' } },
    { name: 'no name', match: false, columns: { size: '1' } },
    { name: 'there before anyone looked', match: false, counter: '0', columns: { name: 'helper' } },
    { name: 'it is unloaded', match: false, action: 'removed', columns: { name: 'helper' } },
  ],
})
