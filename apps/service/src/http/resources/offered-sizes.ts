import { ArmError, faults } from '@trusted-launch/api'
import { parseImageReference } from '../../catalogue/images.ts'
import { requestedSecurity } from '../../catalogue/security.ts'
import { SUBSCRIPTION } from '../../domain/groups.ts'
import { requireLinkOfType } from '../../domain/links.ts'
import type { JsonObject } from '../../domain/store.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { offeredSizes } from '../../domain/vm/security.ts'
import { imageLinks, requireVmImage } from '../../domain/vm/vm-image.ts'
import { admit } from '../admission.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { requireScopeOf } from './reference-values.ts'

/** Which sizes a new VM can have, and why the others can't be had: asked before one is made. */
export function offeredSizeRoutes(rules: VmRules, ground: Ground): Route[] {
  return [
    {
      method: 'GET',
      path: '/:scope/providers/TrustedLaunch/offeredSizes',
      action: 'Microsoft.Compute/skus/read',
      handle: (request) => list(rules, ground, request),
    },
  ]
}

/** `?image=publisher:offer:sku[:version]` or an id; `&securityType=…&secureBootEnabled=…` as a VM would ask for. */
async function list(rules: VmRules, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { query, caller } = request
  const { type, id } = await requireScopeOf(ground.store, request)
  if (type !== SUBSCRIPTION) throw new ArmError(faults.resourceNotFound(request.id))
  const properties = { storageProfile: { imageReference: referenceIn(query.image ?? '') } }
  for (const link of imageLinks(properties)) {
    requireLinkOfType(link)
    await admit(ground.authorizer, caller, link.action, link.id)
  }
  const image = await requireVmImage(rules, ground.store, id, properties)
  const asked = requestedSecurity(profileIn(query))
  if ('fault' in asked) throw new ArmError(asked.fault)
  return { status: 200, body: { value: offeredSizes(asked, image, rules.place()) } }
}

/** @throws {ArmError} neither an id nor a name of the marketplace. */
function referenceIn(image: string): JsonObject {
  if (image.startsWith('/')) return { id: image }
  const named = parseImageReference(image)
  if (named === null) throw new ArmError(faults.invalidParameter('image'))
  return { ...named }
}

function profileIn(query: Readonly<Record<string, string>>): JsonObject {
  const { securitytype: securityType, securebootenabled: secureBootEnabled } = query
  return {
    ...(securityType !== undefined && { securityType }),
    ...(secureBootEnabled !== undefined && { uefiSettings: { secureBootEnabled } }),
  }
}
