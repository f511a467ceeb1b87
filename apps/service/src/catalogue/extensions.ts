import type { Fault } from '@trusted-launch/api'

/** A kind of VM extension that can be put onto a VM here. */
export interface ExtensionType {
  readonly publisher: string
  readonly type: string
  /** `1.0`; what `typeHandlerVersion` names. */
  readonly versions: readonly string[]
  readonly osType: 'Linux' | 'Windows'
}

/** Guest attestation, by the names of both of Azure's publishers: the agent in the guest does the work of either. */
export const extensionTypes: readonly ExtensionType[] = [
  {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    type: 'GuestAttestation',
    versions: ['1.0'],
    osType: 'Linux',
  },
  {
    publisher: 'Microsoft.Azure.Security.WindowsAttestation',
    type: 'GuestAttestation',
    versions: ['1.0'],
    osType: 'Windows',
  },
]

/** `az` looks for an extension among all publishers, whatever they publish. */
export const extensionPublishers: readonly string[] = extensionTypes.map((one) => one.publisher)

/** The kind that a publisher and type name, in any case of letters. */
export function extensionType(
  publisher: string,
  type: string,
): { extension: ExtensionType } | { fault: Fault } {
  const key = `${publisher}/${type}`.toLowerCase()
  const extension = extensionTypes.find(
    (one) => `${one.publisher}/${one.type}`.toLowerCase() === key,
  )
  return extension === undefined ? { fault: extensionNotFound(publisher, type) } : { extension }
}

/** The types of a publisher, for `…/artifacttypes/vmextension/types`. */
export function typesOf(publisher: string): readonly ExtensionType[] {
  return extensionTypes.filter((one) => one.publisher.toLowerCase() === publisher.toLowerCase())
}

/** As `…/types/{type}/versions/{version}` shows it, and as an entry of its lists. */
export function extensionView(
  extension: ExtensionType,
  place: { readonly subscriptionId: string; readonly location: string },
  version: string,
): object {
  const { publisher, type, osType } = extension
  const { subscriptionId, location } = place
  return {
    id: `/Subscriptions/${subscriptionId}/Providers/Microsoft.Compute/Locations/${location}/Publishers/${publisher}/ArtifactTypes/VMExtension/Types/${type}/Versions/${version}`,
    name: version,
    location,
    properties: {
      operatingSystem: osType,
      computeRole: 'IaaS',
      vmScaleSetEnabled: true,
      supportsMultipleExtensions: false,
    },
  }
}

function extensionNotFound(publisher: string, type: string): Fault {
  const [shownPublisher, shownType] = [publisher, type].map((text) => text.slice(0, 100))
  return {
    status: 404,
    code: 'ArtifactNotFound',
    message: `The VM extension with publisher '${shownPublisher}' and type '${shownType}' could not be found.`,
  }
}
