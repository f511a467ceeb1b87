export {
  type Alert,
  type AlertAction,
  type AlertChange,
  type AlertField,
  type AlertFinding,
  type AlertState,
  alertKey,
  type FieldSource,
  isOpen,
} from './alert.ts'
export { ALERT_KINDS, type AlertKind, type AlertType, alertKindOf } from './alert-kinds.ts'
export { type AlertNews, type AlertSummary, newsOf, summaryOf } from './alert-news.ts'
export { assess, type Recommendation } from './assess.ts'
export { assessSet, type InstanceAnswers } from './assess-set.ts'
export { bootIntegrityOf } from './boot-integrity.ts'
export { type AlertRefusal, changeAlert, isRefusal } from './change-alert.ts'
export { clearAlerts, clearanceAfter, type Undone } from './clear-alerts.ts'
export { type AlertDelta, alertsAfter, detect } from './detect.ts'
export {
  type EffectivePlan,
  effectivePlan,
  type Inherited,
  meaningByPlan,
  PLAN_DEFAULTS,
  responseTo,
} from './effective-plan.ts'
export { checkExemption, type Exemption, exemptionOf } from './exemption.ts'
export type { Fix } from './fix.ts'
export type { AlertEvent } from './forms/alert-event.ts'
export { cefOf } from './forms/cef.ts'
export { ocsfOf } from './forms/ocsf.ts'
export type { Judged, MachineFacts, Setup, Unsupported, Verdict } from './machine.ts'
export { MEANINGS, type Meaning, meaningOf } from './meanings.ts'
export type { Observation } from './observation.ts'
export {
  checkPlan,
  FAILURE_NAMES,
  type FailureMeaning,
  type MonitoringPlan,
  parsePlan,
  type ReferencePlan,
  type Response,
} from './plan.ts'
export type { RecommendationKind } from './recommendation-kind.ts'
export { SUCCESSORS } from './recommendations/certificate-rollover.ts'
export { RECOMMENDATIONS, type RecommendationId } from './recommendations.ts'
export { type Due, inFairOrder, nextDue } from './schedule.ts'
export {
  addScores,
  NO_SCORE,
  type Score,
  scoresByRecommendation,
  secureScoreOf,
  weightOfSeverity,
} from './secure-score.ts'
export type { Status } from './status.ts'
export {
  checkSuppressionRule,
  SUPPRESSION_FIELDS,
  type SuppressionCondition,
  type SuppressionField,
  type SuppressionRule,
  stateOfRule,
  suppress,
  suppressing,
} from './suppression.ts'
export { NO_WATCH, type Silence, silenceOf, type Watch, type WatchEvent, watch } from './watch.ts'
export {
  type Consequence,
  type StoredVerdict,
  type WhatIf,
  type WhatIfChange,
  whatIf,
} from './what-if.ts'
