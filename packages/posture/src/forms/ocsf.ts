import type { AlertState } from '../alert.ts'
import { alertKindOf } from '../alert-kinds.ts'
import type { AlertEvent } from './alert-event.ts'

const severities = { low: 2, medium: 3, high: 4 } as const
const activities = { raised: 1, changed: 2, closed: 3 } as const
const statuses: Readonly<Record<AlertState, number>> = {
  Active: 1,
  InProgress: 2,
  Dismissed: 3,
  Resolved: 4,
}
const classUid = 2004

/**
 * An event as OCSF has it: a Detection Finding (class 2004). Plain JSON.
 * @see OCSF 1.4.0, "Detection Finding"; "Finding Information"; "Metadata"
 */
export function ocsfOf(event: AlertEvent) {
  const { alert, what, time, alertId, sequence, id, sample } = event
  const { title, description, remediation } = alertKindOf(alert.type)
  const activity = activities[what]
  return {
    ...{ class_uid: classUid, category_uid: 2, activity_id: activity },
    ...{ type_uid: classUid * 100 + activity, severity_id: severities[alert.severity] },
    ...{ time, message: `${title}: ${alert.summary}`, count: alert.count, is_alert: true },
    ...{ status_id: statuses[alert.state], status: alert.state },
    ...(alert.reason !== null && { status_detail: `${alert.changedBy}: ${alert.reason}` }),
    metadata: {
      ...{ version: '1.4.0', uid: id, sequence },
      product: { name: 'Trusted Launch', vendor_name: 'trusted-launch' },
      ...(sample && { labels: ['sample'] }),
    },
    finding_info: {
      ...{ uid: alertId, title, desc: description, types: [alert.type] },
      ...{ created_time: alert.firstSeen, first_seen_time: alert.firstSeen },
      ...{ modified_time: time, last_seen_time: alert.lastSeen },
      analytic: { type_id: 1, uid: alert.type, name: alert.cause },
      attacks: attacksOf(event),
    },
    resources: [{ uid: alert.vm, name: alert.vm.split('/').at(-1)!, type: 'Virtual Machine' }],
    remediation: { desc: remediation.join(' ') },
    unmapped: {
      ...{ cause: alert.cause, components: alert.components, findings: alert.findings },
      ...{ is_present: alert.isPresent, evidence_sha256: alert.evidence },
    },
  }
}

/** A technique of another is its sub-technique. MITRE ATT&CK */
function attacksOf({ alert }: AlertEvent) {
  const { tactic, techniques } = alertKindOf(alert.type)
  return techniques.map((uid) => ({
    tactic: { name: tactic.replace(/\B[A-Z]/g, ' $&') },
    technique: { uid: uid.split('.')[0]! },
    ...(uid.includes('.') && { sub_technique: { uid } }),
  }))
}
