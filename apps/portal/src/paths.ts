/** Every page's address, in one place. An id of a resource is one part of it, whole. */
export const paths = {
  overview: '/',
  machines: '/virtual-machines',
  createMachine: '/virtual-machines/create',
  machine: (id: string, tab: MachineTab = 'overview') => `/virtual-machine/${part(id)}/${tab}`,
  scaleSets: '/scale-sets',
  scaleSet: (id: string) => `/scale-set/${part(id)}`,
  images: '/images',
  importImage: '/images/import',
  image: (id: string) => `/image/${part(id)}`,
  disks: '/disks',
  recommendations: '/recommendations',
  alerts: '/alerts',
  alert: (id: string) => `/alert/${part(id)}`,
  suppression: '/suppression-rules',
  exemptions: '/exemptions',
  policies: '/policies',
  plan: (id: string) => `/plan/${part(id)}`,
  policy: (id: string) => `/policy/${part(id)}`,
  access: '/access',
  audit: '/audit',
  operations: '/operations',
  host: '/host',
} as const

export const MACHINE_TABS = [
  'overview',
  'integrity',
  'configuration',
  'console',
  'serial',
  'disks',
  'network',
  'extensions',
  'activity',
  'json',
] as const
export type MachineTab = (typeof MACHINE_TABS)[number]

function part(id: string): string {
  return encodeURIComponent(id.replace(/^\//, ''))
}

/** The id that a page's address names. */
export function idIn(given: string): string {
  return `/${given.replace(/^\//, '')}`
}
