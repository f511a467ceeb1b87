import type { ScaleSetRules } from '../domain/scale-set/scale-set-rules.ts'
import type { ArmType } from './arm-type.ts'
import type { Ground } from './ground.ts'
import { resourceRoutes } from './resource-routes.ts'
import { activityRoutes } from './resources/activity.ts'
import { alertDestinationRoutes } from './resources/alert-destinations.ts'
import { alertRoutes } from './resources/alerts.ts'
import { announcedUpdateRoutes } from './resources/announced-updates.ts'
import { assessmentRoutes } from './resources/assessments.ts'
import { authorizationRoutes } from './resources/authorization.ts'
import { catalogueRoutes } from './resources/catalogue.ts'
import { consoleRoutes } from './resources/consoles.ts'
import { deploymentRoutes } from './resources/deployments.ts'
import { type Diagnostics, diagnosticsRoutes } from './resources/diagnostics.ts'
import { diskAccessRoutes } from './resources/disk-access.ts'
import { diskRestorePointRoutes } from './resources/disk-restore-points.ts'
import { diskTypeOf } from './resources/disks.ts'
import { driftRoutes } from './resources/drift.ts'
import { eventRoutes } from './resources/events.ts'
import { evidenceRoutes } from './resources/evidence.ts'
import { exemptionRoutes } from './resources/exemptions.ts'
import { extensionTypeOf } from './resources/extensions.ts'
import { firmwareKeyRoutes } from './resources/firmware-keys.ts'
import { fleetRoutes } from './resources/fleet.ts'
import { galleryTypes } from './resources/galleries.ts'
import { groupExportRoutes } from './resources/group-export.ts'
import { groupRoutes } from './resources/groups.ts'
import { healthRoutes } from './resources/health.ts'
import { hostRoutes } from './resources/hosts.ts'
import { bindingTypeOf, imageRoutes, imageTypeOf } from './resources/images.ts'
import { isolationRoutes } from './resources/isolation.ts'
import { metricRoutes } from './resources/metrics.ts'
import { monitoringPlanRoutes } from './resources/monitoring-plans.ts'
import { networkTypes } from './resources/networks.ts'
import { offeredSizeRoutes } from './resources/offered-sizes.ts'
import { operationRoutes } from './resources/operations.ts'
import { permissionRoutes } from './resources/permissions.ts'
import { policyRoutes } from './resources/policies.ts'
import { principalRoutes } from './resources/principals.ts'
import { providerOperationRoutes } from './resources/provider-operations.ts'
import { referenceValuesRoutes } from './resources/reference-values.ts'
import { restorePointTypes, restoreRoutes } from './resources/restore-points.ts'
import { scaleSetExtensionRoutes } from './resources/scale-set-extensions.ts'
import { instanceRoutes } from './resources/scale-set-instances.ts'
import { scaleSetRoutes, scaleSetType } from './resources/scale-sets.ts'
import { secureScoreRoutes } from './resources/secure-scores.ts'
import { securityRuleRoutes } from './resources/security-rules.ts'
import { snapshotTypeOf } from './resources/snapshots.ts'
import { type Installation, subscriptionRoutes } from './resources/subscriptions.ts'
import { suppressionRoutes } from './resources/suppression-rules.ts'
import { virtualMachineRoutes, virtualMachineType } from './resources/virtual-machines.ts'
import { vmResultRoutes } from './resources/vm-results.ts'
import { vmTokenRoutes } from './resources/vm-tokens.ts'
import { whatIfRoutes } from './resources/what-if.ts'
import type { Route } from './route.ts'

/** Every type that is kept as a resource. */
export function armTypes(rules: ScaleSetRules, now: () => number): readonly ArmType[] {
  return [
    virtualMachineType(rules),
    extensionTypeOf(rules),
    scaleSetType(rules),
    diskTypeOf(rules, now),
    snapshotTypeOf(rules, now),
    ...restorePointTypes(rules),
    imageTypeOf(rules),
    bindingTypeOf(rules),
    ...galleryTypes(rules),
    ...networkTypes(rules),
  ]
}

/** Every endpoint there is: none is served that is not named here, with the right it needs. */
export function allRoutes(
  rules: ScaleSetRules,
  ground: Ground,
  installation: Omit<Installation, 'types'>,
  diagnostics: Diagnostics,
): Route[] {
  const types = armTypes(rules, () => ground.now())
  const routes = [
    ...subscriptionRoutes(ground, { ...installation, types: types.map(({ type }) => type) }),
    ...groupRoutes(ground),
    ...groupExportRoutes(types, ground),
    ...deploymentRoutes(ground),
    ...operationRoutes(ground),
    ...types.flatMap((type) => resourceRoutes(type, ground)),
    ...securityRuleRoutes(rules, ground),
    ...virtualMachineRoutes(rules, ground),
    ...fleetRoutes(ground),
    ...vmResultRoutes(rules, ground),
    ...restoreRoutes(ground),
    ...diskAccessRoutes(diagnostics.key, ground),
    ...diskRestorePointRoutes(ground),
    ...scaleSetRoutes(rules, ground),
    ...instanceRoutes(rules, ground),
    ...scaleSetExtensionRoutes(rules, ground),
    ...catalogueRoutes(rules, ground),
    ...offeredSizeRoutes(rules, ground),
    ...imageRoutes(rules, ground),
    ...assessmentRoutes(rules, ground),
    ...secureScoreRoutes(ground),
    ...alertRoutes(ground),
    ...alertDestinationRoutes(ground),
    ...eventRoutes(ground),
    ...suppressionRoutes(ground),
    ...exemptionRoutes(ground),
    ...isolationRoutes(ground),
    ...firmwareKeyRoutes(ground),
    ...consoleRoutes(ground),
    ...monitoringPlanRoutes(ground),
    ...policyRoutes(ground),
    ...whatIfRoutes(ground),
    ...healthRoutes(ground),
    ...evidenceRoutes(ground),
    ...vmTokenRoutes(ground),
    ...driftRoutes(ground),
    ...announcedUpdateRoutes(ground),
    ...referenceValuesRoutes(ground),
    ...authorizationRoutes(ground),
    ...permissionRoutes(ground),
    ...principalRoutes(ground),
    ...hostRoutes(rules, ground),
    ...activityRoutes(ground),
    ...metricRoutes(ground),
    ...diagnosticsRoutes(diagnostics, ground),
  ]
  return [...routes, ...providerOperationRoutes(routes)]
}
