import {
  Field,
  MessageBar,
  MessageBarBody,
  Radio,
  RadioGroup,
  Switch,
} from '@fluentui/react-components'
import { useTexts } from '../../texts/texts.ts'
import type { Draft } from './draft.ts'
import { useForm } from './form.ts'

const TYPES = ['TrustedLaunch', 'Standard'] as const

/** Trusted Launch with Secure Boot and vTPM, unless somebody wants less. */
export function Security() {
  const { create, machines, resources } = useTexts()
  const { draft, change, known } = useForm()
  const { securityType, secureBoot, vTpm, guestAttestation } = draft
  const isTrusted = securityType === 'TrustedLaunch'
  const refusal = known.image === null ? undefined : known.size?.refusal
  return (
    <>
      <Field
        label={machines.security}
        hint={isTrusted ? resources.effect.trusted : resources.effect.standard}
      >
        <RadioGroup
          layout="horizontal"
          value={securityType}
          onChange={(_, { value }) => change({ securityType: value as Draft['securityType'] })}
        >
          {TYPES.map((type) => (
            <Radio key={type} value={type} label={create.securityTypes[type]} />
          ))}
        </RadioGroup>
      </Field>
      {refusal != null && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{refusal.message}</MessageBarBody>
        </MessageBar>
      )}
      <Field hint={secureBoot && isTrusted ? resources.effect.secureBootOn : create.anythingBoots}>
        <Switch
          label="Secure Boot"
          disabled={!isTrusted}
          checked={isTrusted && secureBoot}
          onChange={(_, { checked }) => change({ secureBoot: checked })}
        />
      </Field>
      <Field hint={vTpm && isTrusted ? resources.effect.vTpmOn : create.neverAttested}>
        <Switch
          label="vTPM"
          disabled={!isTrusted}
          checked={isTrusted && vTpm}
          onChange={(_, { checked }) => change({ vTpm: checked })}
        />
      </Field>
      <Field hint={create.extensionHint}>
        <Switch
          label={create.guestAttestation}
          disabled={!isTrusted || !vTpm}
          checked={isTrusted && vTpm && guestAttestation}
          onChange={(_, { checked }) => change({ guestAttestation: checked })}
        />
      </Field>
    </>
  )
}
