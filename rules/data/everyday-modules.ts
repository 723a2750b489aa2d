/**
 * Families of modules of the kernel itself that come and go with what people plug in, mount or firewall (Debian, Ubuntu, Red
 * Hat, Amazon Linux). None of them can be told from a module of the same name by its name; they are left out because they
 * would bury the rest.
 */
export const EVERYDAY_MODULES = {
  checked: '2026-11-24',
  names:
    /^(?:nf_|nft_|nfnetlink|xt_|ip_|ip6|ipt_|ip6t_|iptable_|ebt|arp_|arpt|br_|bridge$|veth$|vxlan$|overlay$|tun$|tap$|usb|uas$|hid|snd|sound|btrfs$|xfs$|ext[234]$|vfat$|fat$|nls_|isofs$|udf$|ntfs|exfat$|fuse$|cifs|nfs|sunrpc$|rpcsec_|lockd$|grace$|dm_|raid|loop$|sr_mod$|cdrom$|nvme|sd_mod$|crc|aes|sha|ghash|poly|chacha|curve|cryptd$|algif_|af_|tls$|kvm|vhost|virtio|vmw|hv_|xen|i2c|mei|intel|amd|drm|ttm$|video$|bluetooth$|bt|rfcomm$|bnep$|cfg80211$|mac80211$|iwl|ath|rtl|rtw|mt7|inet_diag$|tcp_|udp_|unix_diag$|netlink_diag$|sch_|cls_|act_|dummy$|bonding$|8021q$|binfmt_misc$|joydev$|input_|mousedev$|psmouse$|wireguard$|libchacha|libcurve|lib)/,
} as const
