import { everyOf } from '../domain/every-of.ts'
import type { JsonObject, Resource, Tables } from '../domain/store.ts'
import { EXTENSION } from '../domain/vm/setup.ts'
import { textAt } from '../domain/vm/vm.ts'

/** How each extension of a VM did. */
export async function extensionViews(
  there: Pick<Tables, 'resources'>,
  vm: Resource,
): Promise<JsonObject[]> {
  const views: JsonObject[] = []
  for await (const one of everyOf(there, { type: EXTENSION, parentId: vm.id }))
    views.push(extensionInstanceView(one))
  return views
}

/** How an extension did, as Azure tells it. */
export function extensionInstanceView(extension: Resource): JsonObject {
  const { name, properties, provisioningState, changedAt } = extension
  const word = provisioningState.toLowerCase()
  return {
    name,
    type: ['publisher', 'type'].map((member) => textAt(properties, member) ?? '').join('.'),
    typeHandlerVersion: textAt(properties, 'typeHandlerVersion') ?? '1.0',
    statuses: [
      {
        code: `ProvisioningState/${word}`,
        level: provisioningState === 'Failed' ? 'Error' : 'Info',
        displayStatus: `Provisioning ${word}`,
        message: messageOf(extension),
        time: new Date(changedAt).toISOString(),
      },
    ],
  }
}

function messageOf({ state, provisioningState }: Resource): string {
  if (provisioningState === 'Failed')
    return 'The virtual machine was not attested: the operation that installed it tells why.'
  if (provisioningState !== 'Succeeded') return ''
  const tier = textAt(state, 'tier')
  if (tier === null) return 'Nothing was attested: the virtual machine did not run, or has no vTPM.'
  return `The virtual machine was attested when it was installed: ${tier}.`
}
