import compute from './compute.json' with { type: 'json' }
import network from './network.json' with { type: 'json' }

/** Name → kind: `text`, `number`, `boolean`, `any`, a table's name, `[kind]` a list, `{kind}` a map; `!` at the end: of answers only. */
export type FieldTable = Readonly<Record<string, string>>

const named: FieldTable = { id: 'text!', name: 'text!', type: 'text!', systemData: 'any!' }
const written: FieldTable = {
  ...{ createdOn: 'text!', updatedOn: 'text!', createdBy: 'text!', updatedBy: 'text!' },
}

/** Types that no client library we read declares. */
const own: Readonly<Record<string, FieldTable>> = {
  ResourceGroup: {
    ...{ id: 'text!', name: 'text!', type: 'text!', location: 'text', managedBy: 'text' },
    ...{ tags: '{text}', properties: 'any' },
  },
  ExportTemplateRequest: { resources: '[text]', options: 'text', outputFormat: 'text' },
  Deployment: { ...named, location: 'text', tags: '{text}', properties: 'DeploymentProperties' },
  DeploymentProperties: {
    ...{ mode: 'text', template: 'any', parameters: 'any', debugSetting: 'any' },
    ...{ templateLink: 'any', parametersLink: 'any', onErrorDeployment: 'any' },
    ...{ expressionEvaluationOptions: 'any', validationLevel: 'text', whatIfSettings: 'any' },
    ...{ provisioningState: 'text!', correlationId: 'text!', timestamp: 'text!' },
    ...{ duration: 'text!', outputs: 'any!', outputResources: 'any!', dependencies: 'any!' },
    ...{ providers: 'any!', templateHash: 'text!', error: 'any!', validatedResources: 'any!' },
  },
  RoleAssignment: { ...named, properties: 'RoleAssignmentProperties' },
  RoleAssignmentProperties: {
    ...{ principalId: 'text', principalType: 'text', roleDefinitionId: 'text', scope: 'text!' },
    ...{ description: 'text', condition: 'text', conditionVersion: 'text' },
    ...{ delegatedManagedIdentityResourceId: 'text', ...written },
  },
  RoleDefinition: { ...named, properties: 'RoleDefinitionProperties' },
  RoleDefinitionProperties: {
    ...{ roleName: 'text', description: 'text', type: 'text', permissions: '[Permission]' },
    ...{ assignableScopes: '[text]', ...written },
  },
  Permission: {
    ...{ actions: '[text]', notActions: '[text]', dataActions: '[text]', notDataActions: '[text]' },
  },
  ImageBinding: { ...named, properties: 'ImageBindingProperties' },
  ImageBindingProperties: { image: 'ImageReference', provisioningState: 'text!' },
  AccessUri: { accessSAS: 'text!', securityDataAccessSAS: 'text!' },
  EndAccessData: { sha256: 'text' },
  ManagementLock: { ...named, properties: 'ManagementLockProperties' },
  ManagementLockProperties: { level: 'text', notes: 'text', owners: '[any]', ...written },
}

/** Members of ours in Azure's types */
const added: Readonly<Record<string, FieldTable>> = {
  RestorePointProperties: { ...compute.RestorePointProperties, vTpmGeneration: 'number!' },
  VirtualMachineProperties: {
    ...compute.VirtualMachineProperties,
    trustedLaunch: 'VirtualMachineTrustedLaunch',
  },
  VirtualMachineTrustedLaunch: { vTpmOf: 'VtpmOf' },
  VtpmOf: { restorePoint: 'ApiEntityReference', force: 'boolean' },
  NetworkInterfacePropertiesFormat: {
    ...network.NetworkInterfacePropertiesFormat,
    trustedLaunch: 'NetworkInterfaceTrustedLaunch',
  },
  NetworkInterfaceTrustedLaunch: { macAddress: 'text' },
  VirtualNetworkPropertiesFormat: {
    ...network.VirtualNetworkPropertiesFormat,
    trustedLaunch: 'VirtualNetworkTrustedLaunch',
  },
  VirtualNetworkTrustedLaunch: {
    ...{ bridge: 'text', link: 'text!', vlan: 'number!', prefix: 'text!', router: 'text!' },
    ...{ address: 'text!', lastAddress: 'text!' },
  },
  DiskProperties: { ...compute.DiskProperties, notEnforced: '[text]!' },
  DiskUpdateProperties: { ...compute.DiskUpdateProperties, notEnforced: '[text]!' },
  SnapshotProperties: {
    ...{ ...compute.SnapshotProperties, consistencyMode: 'text!', notEnforced: '[text]!' },
  },
}
const tables: Readonly<Record<string, FieldTable>> = { ...network, ...compute, ...own, ...added }

/** A type's members on the wire, as Azure's client libraries can send them; undefined: no such type. */
export function fieldTable(type: string): FieldTable | undefined {
  return Object.hasOwn(tables, type) ? tables[type] : undefined
}
