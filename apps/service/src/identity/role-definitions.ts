import type { Permission } from '@trusted-launch/api'

/** A role. Built-in ones have Azure's ids where Azure has them. */
export interface RoleDefinition {
  /** A GUID: the last name of its resource id. */
  readonly name: string
  readonly roleName: string
  readonly description: string
  readonly type: 'BuiltInRole' | 'CustomRole'
  readonly permissions: readonly Permission[]
  /** Where it may be assigned: there and below. */
  readonly assignableScopes: readonly string[]
}

/** What whoever signed in may do at `/`: find out what there is, and what somebody is called. */
export const EVERYBODY: Permission = allow([
  'Microsoft.Resources/providers/read',
  'Microsoft.Resources/subscriptions/read',
  'Microsoft.Resources/tenants/read',
  'TrustedLaunch/principals/getByIds/action',
])

/** What whoever signed in may do at any scope that they see: ask what they may do there. */
export const OWN_RIGHTS: Permission = allow(['Microsoft.Authorization/permissions/read'])

/**
 * What whoever has a role anywhere in a subscription may do at the subscription itself: find out what it offers, and
 * ask how far an action of theirs is, by its id.
 */
export const MEMBER: Permission = allow([
  'Microsoft.Compute/locations/operations/read',
  'Microsoft.Compute/locations/publishers/*',
  'Microsoft.Compute/locations/vmSizes/read',
  'Microsoft.Compute/skus/read',
  'Microsoft.Resources/subscriptions/locations/read',
  'Microsoft.Resources/subscriptions/providers/read',
  'Microsoft.Resources/subscriptions/read',
])

/** @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const OWNER = builtIn(
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  'Owner',
  'Manages everything and assigns roles; reads no evidence.',
  allow(['*']),
)

export const CONTRIBUTOR = builtIn(
  'b24988ac-6180-42a0-ab88-20f7382dd24c',
  'Contributor',
  'Manages everything but who may do what; reads no evidence.',
  {
    ...allow(['*']),
    notActions: [
      'Microsoft.Authorization/*/delete',
      'Microsoft.Authorization/*/write',
      'Microsoft.Authorization/elevateAccess/action',
      'Microsoft.Compute/galleries/share/action',
      'TrustedLaunch/attestationSigner/rotate/action',
      'TrustedLaunch/principals/delete',
      'TrustedLaunch/principals/newSecret/action',
      'TrustedLaunch/principals/write',
    ],
  },
)

export const READER = builtIn(
  'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  'Reader',
  'Sees everything and changes nothing; reads no evidence.',
  allow(['*/read']),
)

export const VIRTUAL_MACHINE_CONTRIBUTOR = builtIn(
  '9980e02c-c2be-4d73-94e8-173b1dc7cf3c',
  'Virtual Machine Contributor',
  'Manages virtual machines, their disks and interfaces, and joins networks that are there.',
  allow([
    'Microsoft.Authorization/*/read',
    'Microsoft.Compute/availabilitySets/*',
    'Microsoft.Compute/disks/delete',
    'Microsoft.Compute/disks/read',
    'Microsoft.Compute/disks/write',
    'Microsoft.Compute/locations/*',
    'Microsoft.Compute/virtualMachineScaleSets/*',
    'Microsoft.Compute/virtualMachines/*',
    'Microsoft.Insights/alertRules/*',
    'Microsoft.Network/loadBalancers/backendAddressPools/join/action',
    'Microsoft.Network/loadBalancers/inboundNatPools/join/action',
    'Microsoft.Network/loadBalancers/inboundNatRules/join/action',
    'Microsoft.Network/loadBalancers/probes/join/action',
    'Microsoft.Network/loadBalancers/read',
    'Microsoft.Network/locations/*',
    'Microsoft.Network/networkInterfaces/*',
    'Microsoft.Network/networkSecurityGroups/join/action',
    'Microsoft.Network/networkSecurityGroups/read',
    'Microsoft.Network/publicIPAddresses/join/action',
    'Microsoft.Network/publicIPAddresses/read',
    'Microsoft.Network/virtualNetworks/read',
    'Microsoft.Network/virtualNetworks/subnets/join/action',
    'Microsoft.ResourceHealth/availabilityStatuses/read',
    'Microsoft.Resources/deployments/*',
    'Microsoft.Resources/subscriptions/resourceGroups/read',
    'Microsoft.SerialConsole/serialPorts/connect/action',
  ]),
)

export const SECURITY_ADMIN = builtIn(
  'fb1c8493-542b-48eb-b624-b4c8fea62acd',
  'Security Admin',
  'Sees and changes what is recommended and alerted, and answers for what boots.',
  {
    ...allow([
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Security/*',
      'TrustedLaunch/alertDestinations/*',
      'TrustedLaunch/events/read',
      'TrustedLaunch/exemptions/*',
      'TrustedLaunch/firmwareKeys/*',
      'TrustedLaunch/monitoringPlans/*',
      'TrustedLaunch/network/*',
      'TrustedLaunch/policies/*',
      'TrustedLaunch/whatIf/*',
    ]),
    dataActions: [
      'TrustedLaunch/announcedUpdates/*',
      'TrustedLaunch/drift/*',
      'TrustedLaunch/evidence/clearFailure/action',
      'TrustedLaunch/referenceValues/*',
    ],
  },
)

export const SECURITY_READER = builtIn(
  '39bc4728-0917-49c7-9d2c-d95423bc2eb4',
  'Security Reader',
  'Sees what is recommended and alerted.',
  allow([
    'Microsoft.Authorization/*/read',
    'Microsoft.Insights/alertRules/read',
    'Microsoft.Resources/deployments/*/read',
    'Microsoft.Resources/subscriptions/resourceGroups/read',
    'Microsoft.Security/*/read',
    'TrustedLaunch/alertDestinations/read',
    'TrustedLaunch/events/read',
    'TrustedLaunch/exemptions/read',
    'TrustedLaunch/firmwareKeys/read',
    'TrustedLaunch/monitoringPlans/read',
    'TrustedLaunch/policies/read',
  ]),
)

export const ATTESTATION_READER = builtIn(
  'fd1bd22b-8476-40bc-a0bc-69b95687b9f3',
  'Attestation Reader',
  'Reads evidence, and has tokens made of it.',
  {
    ...allow(['Microsoft.Attestation/*/read']),
    dataActions: [
      'TrustedLaunch/announcedUpdates/read',
      'TrustedLaunch/drift/read',
      'TrustedLaunch/evidence/read',
      'TrustedLaunch/evidence/token/action',
      'TrustedLaunch/referenceValues/read',
    ],
  },
)

export const ATTESTATION_CONTRIBUTOR = builtIn(
  'bbf86eb8-f7b4-4cce-96e4-18cddf81d86e',
  'Attestation Contributor',
  'Reads evidence, asks for it anew, and answers for what boots.',
  {
    ...allow(['Microsoft.Attestation/*']),
    dataActions: [
      'TrustedLaunch/announcedUpdates/*',
      'TrustedLaunch/drift/*',
      'TrustedLaunch/evidence/*',
      'TrustedLaunch/referenceValues/*',
    ],
  },
)

export const BUILT_IN_ROLES: readonly RoleDefinition[] = [
  OWNER,
  CONTRIBUTOR,
  READER,
  VIRTUAL_MACHINE_CONTRIBUTOR,
  SECURITY_ADMIN,
  SECURITY_READER,
  ATTESTATION_READER,
  ATTESTATION_CONTRIBUTOR,
]

function allow(actions: readonly string[]): Permission {
  return { actions, notActions: [], dataActions: [], notDataActions: [] }
}

function builtIn(
  name: string,
  roleName: string,
  description: string,
  permission: Permission,
): RoleDefinition {
  return {
    ...{ name, roleName, description, type: 'BuiltInRole' },
    permissions: [permission],
    assignableScopes: ['/'],
  }
}
