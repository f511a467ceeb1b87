import {
  type Alert,
  type AlertFinding,
  alertKindOf,
  isOpen,
  type SuppressionRule,
  suppressing,
} from '@trusted-launch/posture'
import { alertOf, shownIn } from '../../domain/alerts.ts'
import { respondedIn } from '../../domain/responses.ts'
import { isSample } from '../../domain/sample-alerts.ts'
import type { Json, JsonObject, Resource } from '../../domain/store.ts'

export interface AlertShown {
  readonly base: string
  readonly rules: readonly SuppressionRule[]
  readonly now: number
  /** Whether what the guest showed of its inside is told: expected and measured values, and whose words they are. */
  readonly isWhole: boolean
}

/** An alert as Azure's clients read it. One that a rule hides is shown as dismissed, and by which. */
export function alertView(row: Resource, { base, rules, now, isWhole }: AlertShown): JsonObject {
  const alert = alertOf(row)
  const { title, description, remediation, tactic, techniques } = alertKindOf(alert.type)
  const rule = suppressing(alert, rules, now)
  const [first, last] = [alert.firstSeen, alert.lastSeen].map((ms) => new Date(ms).toISOString())
  return {
    ...{ id: row.id, name: row.name, type: 'Microsoft.Security/Locations/alerts' },
    properties: {
      ...{ version: '2022-01-01', alertType: alert.type, systemAlertId: row.name },
      ...{ productName: 'Trusted Launch', vendorName: 'trusted-launch', isIncident: false },
      alertDisplayName: isSample(row) ? `[SAMPLE ALERT] ${title}` : title,
      description: `${alert.summary} ${description}`,
      severity: alert.severity[0]!.toUpperCase() + alert.severity.slice(1),
      ...{ intent: tactic, techniques: [...techniques], remediationSteps: [...remediation] },
      status: rule === null ? alert.state : 'Dismissed',
      ...{ startTimeUtc: first!, timeGeneratedUtc: first! },
      ...{ endTimeUtc: last!, processingEndTimeUtc: last! },
      resourceIdentifiers: [{ type: 'AzureResource', azureResourceId: alert.vm }],
      entities: [{ type: 'azure-resource', resourceId: alert.vm }],
      compromisedEntity: alert.vm.split('/').at(-1)!,
      correlationKey: String(row.state.vmId),
      alertUri: `${base}${row.id}`,
      extendedLinks: [linkOf(base, row, alert)],
      extendedProperties: {
        ...{ ...propertiesOf(alert, rule), ...responseOf(row) },
        ...(isSample(row) && { sample: 'true' }),
      },
      supportingEvidence: {
        type: 'trusted-launch.findings',
        findings: alert.findings.map((one) => findingView(one, isWhole)),
        fields: isWhole ? (alert.fields as unknown as Json) : [],
      },
    },
  }
}

/** The evidence that last showed it, which is kept while it is open; else what there is of the VM. */
function linkOf(base: string, row: Resource, alert: Alert): JsonObject {
  const shown = isOpen(alert) ? shownIn(row) : null
  const all = `${base}${alert.vm}/providers/TrustedLaunch/evidence`
  const Href = shown === null ? all : `${all}/${shown.last}`
  return { Category: 'evidence', Label: 'The evidence', Href, Type: 'webLink' }
}

/** Azure has text there, and nothing else. */
function propertiesOf(alert: Alert, rule: SuppressionRule | null): JsonObject {
  const { cause, count, evidence, isPresent, change } = alert
  const components = [...new Set(alert.findings.map(({ component }) => component))]
  return {
    cause,
    count: String(count),
    isPresent: String(isPresent),
    components: components.join(', '),
    ...(evidence !== null && { evidenceSha256: evidence }),
    ...(rule !== null && { suppressedBy: rule.name }),
    ...(change !== null && { changedBy: change.by, changeReason: change.reason }),
  }
}

/** What was done about it, beside telling of it. */
function responseOf(row: Resource): JsonObject {
  const done = respondedIn(row)
  if (done === null) return {}
  const { response, plan, operation, time } = done
  const respondedAt = new Date(time).toISOString()
  return { response, responsePlan: plan, responseOperation: operation, respondedAt }
}

function findingView(finding: AlertFinding, isWhole: boolean): JsonObject {
  const { id, component, pcr, events, advice } = finding
  const view = { id, component, pcr, events: [...events], advice }
  if (!isWhole) return view
  const { summary, expected, actual } = finding
  return { ...view, summary, expected, actual }
}
