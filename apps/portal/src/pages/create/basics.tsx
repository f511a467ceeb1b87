import { Field, Input, Switch, Textarea } from '@fluentui/react-components'
import { useGroups } from '../../queries/place.ts'
import { useTexts } from '../../texts/texts.ts'
import { useFault, useForm } from './form.ts'
import { Images } from './images.tsx'
import { SizeField } from './size-field.tsx'

const GROUPS = 'create-groups'

/** What it is called, what it is made of, how large it is, and who gets in. */
export function Basics() {
  const { create, machines } = useTexts()
  const { draft, change } = useForm()
  return (
    <>
      <Field label={machines.name} hint={create.nameHint} required {...useFault('name')}>
        <Input
          value={draft.name}
          maxLength={64}
          onChange={(_, { value: name }) => change({ name })}
        />
      </Field>
      <Group />
      <Images />
      <SizeField />
      <Field label={create.user} required {...useFault('user')}>
        <Input
          value={draft.user}
          maxLength={64}
          autoComplete="off"
          onChange={(_, { value: user }) => change({ user })}
        />
      </Field>
      <Login />
      <Field label={machines.tags} hint={create.tagsHint} {...useFault('tags')}>
        <Textarea value={draft.tags} onChange={(_, { value: tags }) => change({ tags })} />
      </Field>
    </>
  )
}

/** One that is there, or one that is made. */
function Group() {
  const { create, machines } = useTexts()
  const { draft, change } = useForm()
  const groups = useGroups().data ?? []
  const isThere = groups.some(({ name }) => name.toLowerCase() === draft.group.toLowerCase())
  return (
    <>
      <Field
        label={machines.group}
        hint={isThere ? create.groupThere : create.groupNew}
        required
        {...useFault('group')}
      >
        <Input
          value={draft.group}
          maxLength={90}
          list={GROUPS}
          onChange={(_, { value: group }) => change({ group })}
        />
      </Field>
      <datalist id={GROUPS}>
        {groups.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  )
}

/** Key, password, and what cloud-init is told. */
function Login() {
  const { create } = useTexts()
  const { draft, change, secrets, tell } = useForm()
  const [ofPassword, ofData] = [useFault('password'), useFault('customData')]
  return (
    <>
      <Field label={create.sshKey} hint={create.sshKeyHint} {...useFault('sshKey')}>
        <Textarea
          value={draft.sshKey}
          spellCheck={false}
          onChange={(_, { value: sshKey }) => change({ sshKey })}
        />
      </Field>
      <Field {...(draft.hasPassword ? {} : ofPassword)}>
        <Switch
          label={create.hasPassword}
          checked={draft.hasPassword}
          onChange={(_, { checked: hasPassword }) => change({ hasPassword })}
        />
      </Field>
      {draft.hasPassword && (
        <Field label={create.password} hint={create.notKept} required {...ofPassword}>
          <Input
            type="password"
            autoComplete="new-password"
            value={secrets.password}
            onChange={(_, { value: password }) => tell({ password })}
          />
        </Field>
      )}
      <Switch
        label={create.hasCustomData}
        checked={draft.hasCustomData}
        onChange={(_, { checked: hasCustomData }) => change({ hasCustomData })}
      />
      {draft.hasCustomData && (
        <Field label={create.customData} hint={create.notKept} required {...ofData}>
          <Textarea
            value={secrets.customData}
            spellCheck={false}
            onChange={(_, { value: customData }) => tell({ customData })}
          />
        </Field>
      )}
    </>
  )
}
