import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  administratorFault,
  customDataFault,
  hostNameFault,
  passwordFault,
} from '../../src/login/administrators.ts'

test('reserved names, in any case of letters, and forms that no system takes are refused as administrators', () => {
  const good = { Linux: ['azureuser', '_me', 'a.b-c'], Windows: ['azureuser', 'Ann Lee', '1st'] }
  good.Windows[1] = 'Ann.Lee'
  for (const name of good.Linux) assert.equal(administratorFault(name, 'Linux'), null, name)
  for (const name of good.Windows) assert.equal(administratorFault(name, 'Windows'), null, name)
  for (const name of ['root', 'Admin', 'user1', '', 'a@b', '-x', 'a b', 'x'.repeat(65)]) {
    const { message, target } = administratorFault(name, 'Linux')!
    assert.equal(message, 'The Admin Username specified is not allowed.')
    assert.equal(target, 'adminUsername')
  }
  for (const name of ['ends.', 'a@b', 'x'.repeat(21)])
    assert.match(
      administratorFault(name, 'Windows')!.message,
      /^Windows admin user name cannot be more than 20 characters long, end with a period\(\.\)/,
    )
})

test('host names have their system’s length and characters', () => {
  for (const name of ['web', 'web.example.org', '1', 'x'.repeat(64)])
    assert.equal(hostNameFault(name, 'Linux'), null)
  for (const name of ['a_b', 'a b', '', 'x'.repeat(65)])
    assert.match(hostNameFault(name, 'Linux')!.message, /^Linux host name cannot exceed 64 /)
  assert.equal(hostNameFault('WIN-1', 'Windows'), null)
  for (const name of ['123', 'a.b', 'x'.repeat(16)])
    assert.match(
      hostNameFault(name, 'Windows')!.message,
      /^Windows computer name cannot be more than 15 characters long, be entirely numeric/,
    )
})

test('a password has its system’s length and three kinds of characters, and none that everybody tries', () => {
  const [linux, windows] = ['Linux', 'Windows'] as const
  assert.equal(passwordFault('abcD3f', linux), null)
  assert.equal(passwordFault(`aA1${'x'.repeat(69)}`, linux), null)
  for (const bad of ['abD3f', 'abcdef1', `aA1${'x'.repeat(70)}`, 'abcD3f\n'])
    assert.match(
      passwordFault(bad, linux)!.message,
      /^The supplied password must be between 6-72 characters long and must satisfy at least 3 of/,
    )
  assert.match(passwordFault('abcD3f', windows)!.message, /8-123/)
  const guessed = passwordFault('P@ssw0rd', linux)!
  assert.equal(guessed.message, 'The Admin password specified is not allowed.')
})

test('custom data is base64 of at most 87,380 characters, lines and all', () => {
  assert.equal(customDataFault('IyEvYmluL3NoCg=='), null)
  assert.equal(customDataFault('IyEv\nYmlu'), null)
  assert.equal(customDataFault('A'.repeat(87_380)), null)
  for (const bad of ['#!/bin/sh', 'abc', 'A'.repeat(87_384)])
    assert.equal(
      customDataFault(bad)?.message,
      'Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters.',
    )
})
