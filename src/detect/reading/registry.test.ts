import { describe, expect, it } from 'vitest'
import { registryKey, registryList } from './registry.ts'

describe('a registry key', () => {
  const spelled = (key: string, path = '') => registryKey({ key, path })

  it('is lower case with a short hive', () => {
    expect(spelled('HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft')).toBe('hklm\\software\\microsoft')
    expect(spelled('HKEY_CLASSES_ROOT\\.exe')).toBe('hkcr\\.exe')
    expect(spelled('HKLM\\Software\\Microsoft\\')).toBe('hklm\\software\\microsoft')
  })

  it("names no user: a SID, the default user's and the current user's hive are one", () => {
    for (const hive of [
      'HKEY_USERS\\S-1-5-21-1-2-3-1001',
      'HKEY_USERS\\.DEFAULT',
      'HKEY_CURRENT_USER',
      'HKCU',
    ])
      expect(spelled(`${hive}\\Software\\X`)).toBe('hku\\*\\software\\x')
  })

  it('is the same for 32-bit programs', () => {
    expect(spelled('HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft')).toBe('hklm\\software\\microsoft')
    expect(spelled('HKEY_USERS\\S-1-5-18\\SOFTWARE\\Wow6432Node\\Microsoft')).toBe(
      'hku\\*\\software\\microsoft',
    )
    expect(spelled('HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432NodeX')).toBe('hklm\\software\\wow6432nodex')
  })

  it('is of the current control set', () => {
    expect(spelled('HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Lsa')).toBe(
      'hklm\\system\\currentcontrolset\\control\\lsa',
    )
    expect(spelled('HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control')).toBe(
      'hklm\\system\\currentcontrolset\\control',
    )
  })

  it('is taken from the path when there is no key', () => {
    expect(spelled('', 'HKEY_LOCAL_MACHINE\\SOFTWARE\\X\\Value')).toBe('hklm\\software\\x')
    expect(spelled('', 'Value')).toBe('')
    expect(spelled('', '')).toBe('')
  })
})

describe('a list in a registry value', () => {
  it('is parted at commas, as osquery joins REG_MULTI_SZ', () => {
    expect(registryList('kerberos,msv1_0, "schannel",')).toEqual(['kerberos', 'msv1_0', 'schannel'])
    expect(registryList('""')).toEqual([])
    expect(registryList('')).toEqual([])
  })

  it('is parted at blanks too where Windows does', () => {
    expect(registryList('C:\\a.dll C:\\b.dll,c.dll', ', ')).toEqual(['C:\\a.dll', 'C:\\b.dll', 'c.dll'])
    expect(registryList('C:\\Program Files\\a.dll')).toEqual(['C:\\Program Files\\a.dll'])
  })
})
