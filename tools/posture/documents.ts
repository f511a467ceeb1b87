import {
  ALERT_KINDS,
  type AlertKind,
  MEANINGS,
  RECOMMENDATIONS,
  type RecommendationKind,
  SUPPRESSION_FIELDS,
} from '@trusted-launch/posture'

const made = (table: string) => `Made by \`npm run posture\` of \`packages/posture/src/${table}\`.`

/** docs/recommendations.md. */
export function recommendationsDocument(): string {
  const all = Object.entries(RECOMMENDATIONS as Readonly<Record<string, RecommendationKind>>)
  const rows = all.map(([id, { title, severity, about }]) =>
    row([`[\`${id}\`](#${anchorOf(title)})`, title, severity, about.systems.join(', ')]),
  )
  return `# Recommendations

What is recommended of VMs and scale sets, by id. ${made('recommendations.ts')} Each is healthy, unhealthy, or not
applicable with the cause: a stable word; what cannot be judged is never healthy. What Azure calls them is the control plane's to say.

An exemption takes one, at a scope and below, out of the score, with who, why and until when; the status stays what it is. The score of a subscription is
the weight of what is healthy in the weight of what is healthy or unhealthy: low 1, medium 3, high 10.

| id | title | severity | systems |
| --- | --- | --- | --- |
${rows.join('\n')}
${all.map(([id, kind]) => recommendation(id, kind)).join('')}`
}

function recommendation(id: string, kind: RecommendationKind): string {
  const { title, severity, about, description, condition, remediation } = kind
  return `
## ${title}

\`${id}\`, ${severity}, of ${about.kinds.map((one) => nouns[one]).join(' and ')} (${about.systems.join(', ')})${about.isSummed === true ? '; of a set what its instances come to' : ''}.

${description}

**Unhealthy when:** ${condition}

${remediation.map((step, i) => `${i + 1}. ${step}`).join('\n')}
`
}

const nouns = { vm: 'VMs', 'scale-set': 'uniform scale sets' } as const

/** docs/alerts.md. */
export function alertsDocument(): string {
  const all = Object.entries(ALERT_KINDS as Readonly<Record<string, AlertKind>>)
  const rows = all.map(([type, { title, severity, isFailure, needsExtension }]) =>
    row([`\`${type}\``, title, severity, yes(isFailure), yes(needsExtension)]),
  )
  const meanings = MEANINGS.map(([begins, { failure, raises }]) =>
    row([`\`${begins}${begins.endsWith('.') ? '…' : ''}\``, failure ?? '', raisedBy(raises)]),
  )
  const fields = Object.entries(SUPPRESSION_FIELDS).map(([name, { meaning }]) =>
    row([`\`${name}\``, meaning]),
  )
  return `# Alerts

What raises an alert on a VM, by \`alertType\`. ${made('alert-kinds.ts')} The codes are ours, and stable. There is
one alert for each cause: seen again, it is brought up to date (last seen, count), and keeps what it told while it is open.

| alertType | title | severity | a failure | needs vTPM and extension |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

A failure keeps the VM unhealthy until somebody closes its alert, for a reason: no reboot, re-add, silence or good verdict does. Approving the drift, when
nothing of it is left, or enabling Secure Boot again closes it, too, by whoever asked for that. A resolved alert whose cause is seen is active again; a
dismissed one when anything about it is new, or when it had been gone. A suppression rule hides an alert, and closes none.

How others are told of it: [send alerts on](guides/send-alerts-on.md).
${all.map(([type, kind]) => alert(type, kind)).join('')}
## Suppression rules

A rule names an alert type, or \`*\`, and conditions that must all hold: a field is \`in\` some values, or \`contains\` a text, in any case of letters. Each of a
field's values must fit: a rule for one component does not hide an alert that is about another one, too. Trying it (the portal, \`tl alert suppression create --dry-run\`)
tells which alerts that are there it would hide.

| field | |
| --- | --- |
${fields.join('\n')}

## What findings mean

By how a finding's id begins; the first row that fits counts, and what no row knows is \`drift\`. Findings that are medium or high fail a VM, or raise an
alert; a module is told at any severity. A verdict that refuses always fails it.

| finding | fails as | raises besides |
| --- | --- | --- |
${meanings.join('\n')}
`
}

function alert(type: string, kind: AlertKind): string {
  const { title, tactic, techniques, description, remediation, causes } = kind
  const words = Object.entries(causes).map(([cause, meaning]) => `- \`${cause}\`: ${meaning}`)
  return `
## ${title}

\`${type}\`. MITRE ATT&CK: ${tactic}, ${techniques.join(', ')}.

${description}
${words.length === 0 ? '' : `\n${words.join('\n')}\n`}
${remediation.map((step, i) => `${i + 1}. ${step}`).join('\n')}
`
}

function raisedBy(raises: (typeof MEANINGS)[number][1]['raises']): string {
  return raises === null ? '' : `\`${raises.type}\``
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function yes(is: boolean): string {
  return is ? 'yes' : ''
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')
}
