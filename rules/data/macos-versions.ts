/**
 * Major versions of macOS that get no security updates any more, and since when. Apple says nothing about it; in practice
 * the latest three get them, so a version ends when the third after it comes out, in autumn
 * (https://support.apple.com/100100 lists what is mended). Older ones than the first ended before 2019.
 *
 * 14: the day on which its time was up by that rhythm.
 */
export const MACOS_VERSIONS = {
  checked: '2026-11-24',
  /** In order. `ended`: first day (UTC) without updates. */
  ended: [
    { version: '10.12', ended: '2019-10-07' },
    { version: '10.13', ended: '2020-11-12' },
    { version: '10.14', ended: '2021-10-25' },
    { version: '10.15', ended: '2022-10-24' },
    { version: '11', ended: '2023-09-26' },
    { version: '12', ended: '2024-09-16' },
    { version: '13', ended: '2025-09-15' },
    { version: '14', ended: '2026-10-01' },
  ],
} as const
