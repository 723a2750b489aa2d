/**
 * The releases of XZ Utils with the backdoor (CVE-2024-3094, https://tukaani.org/xz-backdoor/): the tarballs of 5.6.0 and
 * 5.6.1. What distributions built of them under these numbers held it too; `5.6.1+really5.4.5` (Debian, Ubuntu) and
 * `5.6.1.revertto5.4` (openSUSE) are ways back to a clean one.
 */
export const XZ_VERSIONS = {
  checked: '2026-11-24',
  from: '5.6.0',
  to: '5.6.1',
} as const
