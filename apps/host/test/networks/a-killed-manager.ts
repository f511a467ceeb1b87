// Makes a network and takes it away, over and over, until somebody kills it. usage: a-killed-manager.ts FOLDER
import { Networks } from '../../src/networks/networks.ts'

const networks = new Networks({
  stateDirectory: process.argv[2]!,
  log: () => {},
  mode: async () => ({ kind: 'bridged' }),
  accountOf: () => 700_008,
})
const subnets = [{ prefix: '10.9.0.0/16', gateway: '10.9.0.1' }]
const about = { machine: 'm', mac: '52:54:00:00:00:08', address: '10.9.0.4', name: 'm' }
const rules = { inbound: [], outbound: [], forwards: [], publicAddress: '198.51.100.8' }
for (;;) {
  await networks.put({ id: 'killed', subnets, interfaces: [{ ...about, ...rules }] })
  await networks.remove('killed')
}
