/** A page of `docs/resources`: which paths of the contract it is about, and whose members it lists. */
export interface Page {
  readonly name: string
  readonly paths: RegExp
  /** A schema of the contract; null: it is only read. */
  readonly model: string | null
}

/** In the order in which their examples run: each goes on from the ones before. The first that fits has a path. */
export const pages: readonly Page[] = [
  {
    name: 'resource-groups',
    model: 'ResourceGroup',
    paths:
      /\/resourceGroups(?:\/\{resourceGroup\}(?:\/(?:exportTemplate|resources))?)?$|\/resources$/,
  },
  {
    name: 'subscriptions',
    model: null,
    paths:
      /^\/(?:subscriptions|tenants)(?:\/\{subscriptionId\}(?:\/(?:locations|providers|providers\/\{namespace\}))?)?$/,
  },
  {
    name: 'sizes-and-marketplace',
    model: null,
    paths:
      /Compute\/(?:skus|locations\/\{location\}\/(?:publishers.*|runCommands.*|usages|vmSizes))$|\/vmSizes$|TrustedLaunch\/offeredSizes/,
  },
  { name: 'deployments', model: 'Deployment', paths: /\/deployments/ },
  { name: 'networks', model: 'VirtualNetwork', paths: /\/virtualNetworks/ },
  { name: 'network-interfaces', model: 'NetworkInterface', paths: /\/networkInterfaces/ },
  {
    name: 'addresses-and-security-groups',
    model: 'PublicIPAddress',
    paths: /\/(?:publicIPAddresses|networkSecurityGroups)/,
  },
  { name: 'load-balancers', model: 'LoadBalancer', paths: /\/loadBalancers/ },
  { name: 'disks', model: 'Disk', paths: /Compute\/disks/ },
  { name: 'snapshots', model: 'Snapshot', paths: /Compute\/snapshots/ },
  {
    name: 'images',
    model: 'Image',
    paths: /Compute\/images|TrustedLaunch\/(?:imageBindings|uploads|report)/,
  },
  { name: 'galleries', model: 'GalleryImageVersion', paths: /Compute\/galleries/ },
  {
    name: 'virtual-machines',
    model: 'VirtualMachine',
    paths:
      /Compute\/(?:locations\/\{location\}\/)?virtualMachines(?!.*\/extensions)|TrustedLaunch\/fleet/,
  },
  { name: 'consoles', model: null, paths: /TrustedLaunch\/console/ },
  {
    name: 'restore-points',
    model: 'RestorePoint',
    paths: /Compute\/restorePointCollections/,
  },
  {
    name: 'scale-sets',
    model: 'VirtualMachineScaleSet',
    paths: /Compute\/(?:locations\/\{location\}\/)?virtualMachineScaleSets/,
  },
  { name: 'extensions', model: 'VirtualMachineExtension', paths: /\/extensions/ },
  { name: 'operations', model: null, paths: /\/operations/ },
  { name: 'hosts', model: null, paths: /TrustedLaunch\/hosts/ },
  { name: 'evidence', model: null, paths: /TrustedLaunch\/(?:evidence|attestationSigner|token)/ },
  {
    name: 'drift',
    model: null,
    paths: /TrustedLaunch\/(?:drift|referenceValues|announcedUpdates)/,
  },
  { name: 'firmware-keys', model: null, paths: /TrustedLaunch\/firmwareKeys/ },
  {
    name: 'monitoring',
    model: null,
    paths: /TrustedLaunch\/(?:monitoringPlans|network|policies|whatIf)/,
  },
  { name: 'alert-destinations', model: null, paths: /TrustedLaunch\/(?:alertDestinations|events)/ },
  {
    name: 'security',
    model: null,
    paths: /Microsoft\.Security|ResourceHealth|TrustedLaunch\/exemptions/,
  },
  { name: 'locks', model: 'ManagementLock', paths: /\/locks/ },
  {
    name: 'roles',
    model: 'RoleAssignment',
    paths: /\/role(?:Assignments|Definitions)|Authorization\/permissions/,
  },
  { name: 'principals', model: null, paths: /\/principals/ },
  { name: 'activity', model: null, paths: /eventtypes|Insights\/metrics|TrustedLaunch\/audit/ },
]

/** The page of a path; undefined: it was forgotten. */
export function pageOf(path: string): Page | undefined {
  return pages.find(({ paths }) => paths.test(path))
}
