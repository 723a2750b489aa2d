import { pack } from '../../src/detect/pack.ts'

/** Columns of `registry` without `mtime`: that is the key's, so one new value would send every value of the key anew. */
const REGISTRY = 'SELECT key, path, name, type, data FROM registry WHERE'
const WINDOWS_NT = 'Microsoft\\Windows NT\\CurrentVersion'
const RUN_KEYS = [
  'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run%',
  'HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Run%',
  'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunOnceEx\\%',
  'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer\\Run',
  'HKEY_USERS\\%\\Software\\Microsoft\\Windows\\CurrentVersion\\Run%',
  'HKEY_USERS\\%\\Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer\\Run',
]
const CONTROL = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control'

/** What starts by itself on Windows, or is loaded by what does. Columns that change at every run are left out. */
export const windowsPersistence = pack({
  name: 'windows-persistence',
  description: 'What starts by itself on Windows',
  platform: 'windows',
  queries: {
    services: {
      query:
        'SELECT name, display_name, service_type, start_type, path, module_path, user_account FROM services;',
      interval: 900,
      removed: false,
      table: 'services',
      description: 'Services and what they run',
    },
    scheduled_tasks: {
      query: 'SELECT name, action, path, enabled FROM scheduled_tasks;',
      interval: 1800,
      removed: false,
      table: 'scheduled_tasks',
      description: 'Tasks and what they run',
    },
    hidden_tasks: {
      // The column hidden of scheduled_tasks tells whether a task is enabled (osquery issue 9114, 5.23.1 included), and the
      // scheduler does not show at all a task whose security descriptor was deleted; the registry still holds it.
      query: `SELECT key, max(CASE WHEN name = 'Id' THEN data END) AS task_id, max(name = 'SD') AS has_descriptor FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\${WINDOWS_NT}\\Schedule\\TaskCache\\Tree\\%%' GROUP BY key HAVING max(name = 'Id') = 1 AND (max(name = 'SD') = 0 OR max(name = 'Index' AND data = '0') = 1);`,
      interval: 3600,
      removed: false,
      description: 'Tasks that the task scheduler does not show',
    },
    run_keys: {
      query: `${RUN_KEYS.map(key => `${REGISTRY} key LIKE '${key}' AND type <> 'subkey'`).join(' UNION ')};`,
      interval: 900,
      removed: false,
      table: 'registry',
      description: 'What runs when someone logs on',
    },
    winlogon: {
      query: `${REGISTRY} key IN ('HKEY_LOCAL_MACHINE\\SOFTWARE\\${WINDOWS_NT}\\Winlogon', 'HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\${WINDOWS_NT}\\Winlogon') AND name IN ('Shell', 'Userinit') UNION ALL ${REGISTRY} key LIKE 'HKEY_USERS\\%\\Software\\${WINDOWS_NT}\\Winlogon' AND name IN ('Shell', 'Userinit');`,
      interval: 900,
      removed: false,
      table: 'registry',
      description: 'What Winlogon starts',
    },
    debuggers: {
      query: `${REGISTRY} key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\${WINDOWS_NT}\\Image File Execution Options\\%%' AND name = 'Debugger' UNION ALL ${REGISTRY} key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\${WINDOWS_NT}\\Image File Execution Options\\%' AND name = 'Debugger' UNION ALL ${REGISTRY} key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\${WINDOWS_NT}\\SilentProcessExit\\%' AND name = 'MonitorProcess';`,
      interval: 900,
      removed: false,
      table: 'registry',
      description: 'Programs in whose place another starts',
    },
    loaded_dlls: {
      query: `${REGISTRY} key IN ('HKEY_LOCAL_MACHINE\\SOFTWARE\\${WINDOWS_NT}\\Windows', 'HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\${WINDOWS_NT}\\Windows') AND name = 'AppInit_DLLs' UNION ALL ${REGISTRY} key IN ('${CONTROL}\\Lsa', '${CONTROL}\\Lsa\\OSConfig') AND name IN ('Security Packages', 'Authentication Packages', 'Notification Packages') UNION ALL ${REGISTRY} key IN ('${CONTROL}\\Session Manager\\AppCertDlls', '${CONTROL}\\Session Manager\\KnownDLLs', 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\NetSh') AND type <> 'subkey' UNION ALL ${REGISTRY} key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\DNS\\Parameters' AND name = 'ServerLevelPluginDll' UNION ALL ${REGISTRY} key LIKE '${CONTROL}\\Print\\Monitors\\%' AND name = 'Driver' UNION ALL ${REGISTRY} key LIKE 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\TimeProviders\\%' AND name = 'DllName';`,
      interval: 3600,
      removed: false,
      table: 'registry',
      description: 'DLLs that Windows loads into its own processes and into others',
    },
    driver_images: {
      query: `${REGISTRY} key LIKE 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\%' AND name = 'ImagePath' AND data LIKE '%.sys%';`,
      interval: 3600,
      removed: false,
      table: 'registry',
      description:
        'Drivers that services load; the tables services and drivers tell only of programs and of devices',
    },
    wmi_cli_event_consumers: {
      query:
        'SELECT namespace, name, command_line_template, executable_path, class, relative_path FROM wmi_cli_event_consumers;',
      interval: 3600,
      removed: false,
      table: 'wmi_cli_event_consumers',
      description: 'Commands that WMI runs at events',
    },
    wmi_script_event_consumers: {
      query:
        'SELECT namespace, name, scripting_engine, script_file_name, script_text, class, relative_path FROM wmi_script_event_consumers;',
      interval: 3600,
      removed: false,
      table: 'wmi_script_event_consumers',
      description: 'Scripts that WMI runs at events',
    },
    wmi_filter_consumer_binding: {
      query: 'SELECT namespace, consumer, filter, class, relative_path FROM wmi_filter_consumer_binding;',
      interval: 3600,
      removed: false,
      table: 'wmi_filter_consumer_binding',
      description: 'What makes a consumer of WMI act',
    },
    appcompat_shims: {
      query: 'SELECT executable, path, description, install_time, type, sdb_id FROM appcompat_shims;',
      interval: 3600,
      removed: false,
      table: 'appcompat_shims',
      description: 'Programs that a compatibility database changes',
    },
  },
})
