/**
 * Hosts from which browsers made of Chromium update the extensions of their own stores (the manifest's `update_url`).
 *
 * Source: the documents of the stores of Chrome, Edge and Opera, and Brave's network_constants.h.
 */
export const EXTENSION_STORES = {
  checked: '2026-11-24',
  hosts: [
    'clients2.google.com',
    'edge.microsoft.com',
    'extension-updates.opera.com',
    'extensionupdater.brave.com',
  ],
} as const
