import { ArmError, faults } from '@trusted-launch/api'
import { extensionType } from '../../catalogue/extensions.ts'
import type { JsonObject } from '../store.ts'
import { textAt } from './vm.ts'

/** What is put onto a VM is there, in the version that is named, for its system. @throws {ArmError} by its path; `ArtifactNotFound` */
export function requireExtension(properties: JsonObject, system: 'Linux' | 'Windows'): void {
  const [publisher, type] = ['publisher', 'type'].map((name) => textAt(properties, name) ?? '')
  const named = extensionType(publisher!, type!)
  if ('fault' in named) throw new ArmError(named.fault)
  const { versions, osType } = named.extension
  if (osType !== system)
    throw new ArmError(
      faults.operationNotAllowed(
        `The extension of publisher '${publisher}' is for ${osType}, and the virtual machine is ${system}.`,
        'properties.publisher',
      ),
    )
  const version = textAt(properties, 'typeHandlerVersion')
  if (version === null || versions.includes(version)) return
  throw new ArmError(faults.invalidParameter('properties.typeHandlerVersion'))
}
