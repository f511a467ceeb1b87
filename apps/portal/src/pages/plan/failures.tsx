import { Button } from '@fluentui/react-components'
import { AddRegular, DeleteRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { Choice } from '../../components/choice.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useAlerts } from '../../queries/alerts.ts'
import { useTexts } from '../../texts/texts.ts'
import { usePartStyles } from './part-styles.ts'
import { without } from './without.ts'

interface Meaning {
  readonly severity: string
  readonly response: string
}
export type Failures = Readonly<Record<string, Meaning>>

const NEW: Meaning = { severity: 'medium', response: 'tell' }

interface Given {
  readonly of: Failures
  readonly onChange: (failures: Failures) => void
}

/** What each failure means: how bad it is, and what is done. */
export function FailureRows({ of, onChange }: Given) {
  const texts = useTexts()
  const { plans: words } = texts.govern
  const styles = usePartStyles()
  const [name, call] = useState('')
  const known = [...new Set(useAlerts().data?.map(({ properties }) => properties.alertType))]
  const put = (name: string, change: Partial<Meaning>) =>
    onChange({ ...of, [name]: { ...NEW, ...of[name], ...change } })
  return (
    <fieldset className={styles.part}>
      <legend>{words.failures}</legend>
      {Object.entries(of).map(([name, { severity, response }]) => (
        <div key={name} className={styles.row}>
          <span className={styles.name}>{name}</span>
          <Choice
            label={texts.security.severity}
            value={severity}
            of={Object.entries(words.severities)}
            onChoose={(severity) => put(name, { severity })}
          />
          <Choice
            label={words.response}
            value={response}
            of={Object.entries(words.responses)}
            onChoose={(response) => put(name, { response })}
          />
          <Button
            appearance="subtle"
            icon={<DeleteRegular />}
            aria-label={words.remove(name)}
            onClick={() => onChange(without(of, name))}
          />
        </div>
      ))}
      <div className={styles.new}>
        <TextField label={words.failure} value={name} known={known} onType={call} />
        <Button
          icon={<AddRegular />}
          disabled={name.trim() === '' || Object.hasOwn(of, name)}
          onClick={() => {
            put(name, {})
            call('')
          }}
        >
          {words.addFailure}
        </Button>
      </div>
    </fieldset>
  )
}
