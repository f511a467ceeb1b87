import type { Fault } from '../fault.ts'

type OsType = 'Linux' | 'Windows'

const invalid = (target: string, message: string): Fault => ({
  status: 400,
  code: 'InvalidParameter',
  message,
  target,
})

/** Names that Azure lets no administrator have. @see REST reference, `OSProfile.adminUsername` */
const RESERVED = new Set(
  [
    'administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2 aspnet',
    'backup console guest owner root server sql support support_388945a0 sys test2 test3 user4 user5 sa',
  ]
    .join(' ')
    .split(' '),
)

const NAME_MAX: Readonly<Record<OsType, number>> = { Linux: 64, Windows: 20 }
const LINUX_NAME = /^[a-z_][\w.-]*$/i
const WINDOWS_NAME = /^[^\\/"[\]:|<>+=;,?*@&\s]*[^\\/"[\]:|<>+=;,?*@&\s.]$/

/** Why nobody may go by this name, or null. */
export function administratorFault(name: string, osType: OsType): Fault | null {
  const form = osType === 'Linux' ? LINUX_NAME : WINDOWS_NAME
  if (RESERVED.has(name.toLowerCase()))
    return invalid('adminUsername', 'The Admin Username specified is not allowed.')
  if (name.length <= NAME_MAX[osType] && form.test(name)) return null
  return invalid(
    'adminUsername',
    osType === 'Linux'
      ? 'The Admin Username specified is not allowed.'
      : `Windows admin user name cannot be more than 20 characters long, end with a period(.), or contain the following characters: \\ / " [ ] : | < > + = ; , ? * @ &.`,
  )
}

const LINUX_HOST = /^[^`~!@#$%^&*()=+_[\]{}\\|;:'",<>/?\s]{1,64}$/
const WINDOWS_HOST = /^(?!\d+$)[^`~!@#$%^&*()=+_[\]{}\\|;:.'",<>/?\s]{1,15}$/

/** Why no system may be called so, or null. */
export function hostNameFault(name: string, osType: OsType): Fault | null {
  if ((osType === 'Linux' ? LINUX_HOST : WINDOWS_HOST).test(name)) return null
  return invalid(
    'computerName',
    osType === 'Linux'
      ? `Linux host name cannot exceed 64 characters in length or contain the following characters: \` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : ' " , < > / ?.`
      : `Windows computer name cannot be more than 15 characters long, be entirely numeric, or contain the following characters: \` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . ' " , < > / ?.`,
  )
}

/** Passwords that everybody tries. @see REST reference, `OSProfile.adminPassword` */
const GUESSED = new Set([
  ...['abc@123', 'P@$$w0rd', 'P@ssw0rd', 'P@ssword123', 'Pa$$word', 'pass@word1', 'Password!'],
  ...['Password1', 'Password22', 'iloveyou!'],
])
const PASSWORD_LENGTH: Readonly<Record<OsType, readonly [min: number, max: number]>> = {
  Linux: [6, 72],
  Windows: [8, 123],
}
const KINDS = [/[A-Z]/, /[a-z]/, /\d/, /[^A-Za-z\d]/]

/** Why this is no password, or null. It is not part of what is said. */
export function passwordFault(password: string, osType: OsType): Fault | null {
  if (GUESSED.has(password))
    return invalid('adminPassword', 'The Admin password specified is not allowed.')
  const [min, max] = PASSWORD_LENGTH[osType]
  const kinds = KINDS.filter((kind) => kind.test(password)).length
  const isSafe = password.length >= min && password.length <= max && kinds >= 3
  if (isSafe && !/\p{Cc}/u.test(password)) return null
  return invalid(
    'adminPassword',
    `The supplied password must be between ${min}-${max} characters long and must satisfy at least 3 of password complexity requirements from the following:\r\n1) Contains an uppercase character\r\n2) Contains a lowercase character\r\n3) Contains a numeric digit\r\n4) Contains a special character\r\n5) Control characters are not allowed`,
  )
}

const CUSTOM_DATA_MAX = 87_380
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Why a VM can't be told this, or null. */
export function customDataFault(base64: string): Fault | null {
  const bare = base64.replace(/\s/g, '')
  if (base64.length <= CUSTOM_DATA_MAX && BASE64.test(bare)) return null
  return invalid(
    'customData',
    `Custom data in OSProfile must be in Base64 encoding and with a maximum length of ${CUSTOM_DATA_MAX} characters.`,
  )
}
