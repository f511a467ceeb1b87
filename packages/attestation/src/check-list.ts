/** What a check verifies, and what it protects from. */
export interface CheckKind {
  readonly verifies: string
  readonly protectsFrom: string
}

const kind = (verifies: string, protectsFrom: string): CheckKind => ({ verifies, protectsFrom })

/**
 * Every check there is, by its number: in the order in which evidence is looked at. Their findings are in
 * `FINDINGS`, by the same number.
 */
export const CHECK_LIST: Readonly<Record<number, CheckKind>> = {
  1: kind(
    "The AK is the one on record for the VM's current generation; its certificate, or an activated credential, leads to an authority that is an anchor.",
    'evidence of another TPM; an AK that the guest made up; a retired generation',
  ),
  2: kind(
    'The AK signs only what its TPM made, and is strong enough.',
    'a key that signs anything it is given; a key that can be broken',
  ),
  3: kind(
    "The AK's public area reads, its name is computed from it, and creation data fits where it is given.",
    'a name that belongs to another key',
  ),
  4: kind(
    'The EK certificate follows its profile: padding stripped, subject alternative name, usage, no critical extension that is not understood.',
    'a certificate of something that is no TPM',
  ),
  5: kind(
    'The AK signed the bytes as they came, with a scheme that fits the key and a hash that is not SHA-1.',
    'forged signatures; algorithms mixed up',
  ),
  6: kind(
    'What was signed is a quote: magic, type, nothing behind it.',
    'another signed structure taken for a quote',
  ),
  7: kind(
    'It is over the nonce: 32 bytes, used once, in time, drawn for this VM.',
    'replayed quotes',
  ),
  8: kind(
    'The signed selection is exactly the PCRs asked for, in one bank, and holds all that must be.',
    'a PCR labelled as another; a quote over registers that say nothing',
  ),
  9: kind('The PCR values sent along hash to the signed digest.', 'PCR values that nobody signed'),
  10: kind(
    'All quotes are of one boot without sleep; counters only grow; the extend-only index goes on from where it was.',
    'a vTPM put back to an earlier state; evidence of another boot',
  ),
  11: kind(
    'PCR values and logs are of the same moment: the IMA list of one boot extends the one before.',
    'a list that was cut or rewritten while the machine ran',
  ),
  12: kind(
    'Sizes and counts have limits before anything is allocated.',
    'a guest that fills the verifier',
  ),
  13: kind(
    'The first event, and only it, is the Spec ID event, with known algorithms of their own sizes.',
    'a log that says itself how it is to be misread',
  ),
  14: kind(
    'Each event has each declared digest exactly once.',
    'digests of a bank that nobody replays',
  ),
  15: kind(
    'PCR numbers are those a TPM has; nothing but padding follows the log.',
    'events of no register',
  ),
  16: kind(
    'Unknown types, and data that does not read, are values and no crash.',
    'a log that ends the verifier',
  ),
  17: kind(
    'EV_NO_ACTION extends nothing and claims nothing.',
    'claims that no register vouches for',
  ),
  18: kind(
    'Nothing but a startup locality in its place chooses where PCR 0 starts.',
    'a start chosen to fit',
  ),
  19: kind(
    'PCR 17 to 22 start at ones; resettable PCRs are believed for nothing.',
    'registers reset from software',
  ),
  20: kind(
    'The log replays to every quoted PCR, in every bank that was asked for.',
    'a log that is not the boot that was quoted',
  ),
  21: kind('A PCR that no log explains is at its reset value.', 'measurements kept out of the log'),
  22: kind(
    'The firmware extended each of its PCRs, in each bank.',
    'a bank left empty for somebody else to fill',
  ),
  23: kind(
    "An event's type is a hint: it belongs to its PCR, and hides no separator, action or variable.",
    'events under another name',
  ),
  24: kind(
    "An event's data is hashed again, in each quoted bank, before anything it says is believed.",
    'edited data beside a genuine digest',
  ),
  25: kind('Known deviations are named, and none is silent.', 'a tolerance that nobody sees'),
  26: kind(
    'One separator in each of PCR 0 to 7, of a legal value.',
    'a phase that was never closed; a second one',
  ),
  27: kind(
    'Firmware first, then separators, then the operating system.',
    "firmware's measurements made up after the boot",
  ),
  28: kind(
    'SecureBoot, PK, KEK, db, dbx: in this order, under their GUIDs, once, before the separator.',
    'a second set of variables; look-alikes under another GUID',
  ),
  29: kind('SecureBoot is one byte, 0 or 1.', 'a state that readers understand differently'),
  30: kind(
    'With Secure Boot on there are keys, and each authority is an entry of db or shim’s own.',
    'images that nobody in db signed',
  ),
  31: kind(
    'No debug mode, no audit mode, no other action in PCR 7.',
    'firmware that lets itself be debugged',
  ),
  32: kind('The signature lists read exactly.', 'entries hidden from, or injected into, a list'),
  33: kind(
    'The variables are those that are allowed, and the revocations those that are required.',
    'a key more, a revocation less',
  ),
  34: kind('No weak key, no image allowed by its hash alone.', 'signatures that can be forged'),
  35: kind(
    'Applications run after the boot manager called one.',
    'images the boot manager did not start',
  ),
  36: kind(
    'The firmware ended, and nothing of its part comes later.',
    'firmware events made up by the running system',
  ),
  37: kind(
    'One kernel command line, its data verified; what systemd measured reads and replays.',
    'a command line shown beside the one that ran',
  ),
  38: kind('The machine owner’s keys are as foretold.', 'a key enrolled behind the owner’s back'),
  39: kind(
    'Windows’ boot events read, nest, latch and do not contradict each other.',
    'a Windows that claims a protection it did not start',
  ),
  40: kind(
    'The IMA list gives PCR 10, is of this boot, and names only modules that the kernel’s key signed.',
    'modules and kernels loaded after the boot',
  ),
  41: kind(
    'Everything measured is what was foretold from the pristine image, or approved.',
    'anything else that was started',
  ),
  42: kind(
    'Without evidence, a log, a policy or reference values nothing is affirmed.',
    'a fault that passes for a pass',
  ),
  43: kind(
    'Every finding has a stable id, component, severity and advice.',
    'a refusal that nobody can act on',
  ),
  44: kind(
    'A failure stays until a person or a policy clears it.',
    'a failure washed away by a reboot or by silence',
  ),
  45: kind(
    'Tokens are short-lived, for one audience, and bound to key, policy and evidence.',
    'tokens used elsewhere or later',
  ),
  46: kind(
    'A stored verdict is made again from what is stored, to the byte.',
    'verdicts changed afterwards',
  ),
  47: kind(
    'The host’s part is on record: firmware, keys, vTPM and what QEMU runs with.',
    'a host that runs something else than was asked for',
  ),
}
