import type { Dispositions } from './dispositions.ts'
import { vmDispositions } from './vm-dispositions.ts'

const MODEL = 'properties.virtualMachineProfile'
const POLICY = 'properties.upgradePolicy'

/** Members of a VM that a set's model says in another place, or not at all. */
const elsewhere =
  /^(?:location|tags|extendedLocation|properties\.(?:virtualMachineScaleSet|networkProfile|hardwareProfile))/

/** What a set's model asks for has the effect that it has of a VM. */
const ofModel = Object.entries(vmDispositions)
  .filter(([path]) => !elsewhere.test(path))
  .map(([path, what]) => [path.replace(/^properties/, MODEL), what] as const)

const NETWORK = `${MODEL}.networkProfile.networkInterfaceConfigurations`

const ADDRESS = `${NETWORK}.properties.ipConfigurations`

/** What would spread or sort an instance's traffic, and a public address of its own: nothing here does. */
const ofNobody = [
  'applicationGatewayBackendAddressPools',
  'applicationSecurityGroups',
  'publicIPAddressConfiguration',
].map((member) => [`${ADDRESS}.properties.${member}`, 'refused'] as const)

const ofBalancers = ['loadBalancerBackendAddressPools', 'loadBalancerInboundNatPools'].map(
  (member) => [`${ADDRESS}.properties.${member}`, 'honoured'] as const,
)

/** What becomes of each member of a scale set; all others are kept and said to have no effect. */
export const scaleSetDispositions: Dispositions = {
  ...Object.fromEntries(ofModel),
  ...{ location: 'honoured', tags: 'honoured', zones: 'honoured', extendedLocation: 'refused' },
  ...{
    'sku.name': 'honoured',
    'sku.capacity': 'honoured',
    'properties.orchestrationMode': 'honoured',
  },
  ...{ [`${POLICY}.mode`]: 'honoured', [`${POLICY}.rollingUpgradePolicy`]: 'honoured' },
  ...{
    'properties.scaleInPolicy.rules': 'honoured',
    'properties.platformFaultDomainCount': 'honoured',
  },
  ...{
    'properties.singlePlacementGroup': 'honoured',
    'properties.proximityPlacementGroup': 'refused',
  },
  ...{ 'properties.hostGroup': 'refused', 'properties.skuProfile': 'refused' },
  ...{ 'properties.additionalCapabilities.hibernationEnabled': 'refused' },
  ...{ [`${MODEL}.osProfile.computerNamePrefix`]: 'honoured' },
  ...{ [`${NETWORK}.name`]: 'honoured', [`${NETWORK}.properties.primary`]: 'honoured' },
  ...{ [`${NETWORK}.properties.networkSecurityGroup`]: 'honoured', [ADDRESS]: 'honoured' },
  ...Object.fromEntries([...ofNobody, ...ofBalancers]),
  ...{ [`${MODEL}.extensionProfile.extensions`]: 'honoured' },
}
