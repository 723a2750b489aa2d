import { pack } from '../../src/detect/pack.ts'

/** What the rules read, and no more: a domain controller writes thousands of events a minute. */
const SECURITY = [1102, 4625, 4697, 4698, 4702, 4719, 4720, 4722, 4726, 4728, 4732, 4756]
const SYSTEM = [104, 7045]

/** What Windows writes into its own logs. */
export const windowsEvents = pack({
  name: 'windows-events',
  description: 'Event logs of Windows, PowerShell and the journal of files',
  platform: 'windows',
  flags: {
    disable_events: false,
    enable_ntfs_event_publisher: true,
    enable_powershell_events_subscriber: true,
    enable_windows_events_publisher: true,
    enable_windows_events_subscriber: true,
    windows_event_channels: 'System,Application,Setup,Security',
  },
  // Of people's documents the folders themselves: osqueryd then tells of what is in them. With "%%" it would open every file
  // there is when it starts.
  filePaths: {
    documents: ['C:\\Users\\%\\Documents', 'C:\\Users\\%\\Desktop', 'C:\\Users\\%\\Documents\\%'],
  },
  queries: {
    windows_events: {
      // Tickets (4769) with weak encryption and logons (4624) over Remote Desktop only: all of them are too many.
      query: `SELECT time, datetime, source, provider_name, computer_name, eventid, level, data, eid FROM windows_events WHERE (source = 'Security' AND (eventid IN (${SECURITY.join(', ')}) OR (eventid = 4769 AND (data LIKE '%"0x17"%' OR data LIKE '%"0x18"%')) OR (eventid = 4624 AND (data LIKE '%"LogonType":"10"%' OR data LIKE '%"LogonType":"12"%')))) OR (source = 'System' AND eventid IN (${SYSTEM.join(', ')}));`,
      interval: 60,
      removed: false,
      table: 'windows_events',
      description:
        'Logons that fail, accounts, services, tasks, and logs that are cleared. Needs --enable_windows_events_subscriber',
    },
    powershell_events: {
      query:
        'SELECT time, datetime, script_block_id, script_block_count, script_text, script_name, script_path, cosine_similarity FROM powershell_events;',
      interval: 60,
      removed: false,
      table: 'powershell_events',
      description:
        'What PowerShell runs. Needs --enable_powershell_events_subscriber, and script block logging turned on by policy',
    },
    ntfs_journal_events: {
      query:
        "SELECT action, category, old_path, path, partial, drive_letter, time, eid FROM ntfs_journal_events WHERE action = 'FileRename_NewName';",
      interval: 60,
      removed: false,
      table: 'ntfs_journal_events',
      description: 'Files of people that are renamed. Needs --enable_ntfs_event_publisher',
    },
  },
})
