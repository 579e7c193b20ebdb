/** `elpis guard train-probe` and `elpis guard probes`: probes of hidden states, by the weights that they read. */
import { elpisError } from '../errors.ts'
import { prepareModel } from '../server/prepare-model.ts'
import { trainProbe } from '../server/train-probe.ts'
import { openProbeStore } from '../weights/probe-store.ts'
import { openStore } from '../weights/store.ts'
import { defineCommand } from './command.ts'
import { missing } from './missing.ts'
import { plainText } from './plain-text.ts'
import { table } from './table.ts'

export const trainProbeCommand = defineCommand({
  name: 'train-probe',
  summary: 'Train a probe that reads a model’s own hidden states, and compare it with the judge.',
  usage: 'MODEL',
  details:
    'Each line of the file is {"prompt": "…", "label": true or false}, with "response": "…" where it is an answer that is labelled. Three rows in ten are held back and measured on. A server has the probe when it loads the model next; a policy says what is done ([probe]).',
  examples: [
    'elpis guard train-probe smollm2:135m --data rows.jsonl',
    'elpis guard train-probe smollm2:135m --data rows.jsonl --json',
  ],
  options: { data: { type: 'string', value: 'FILE', description: 'The labelled rows. Needed.' } },
  positionals: [1, 1],
  async run({ positionals: [model = ''], options, config, json, terminal, signal }) {
    if (options.data === undefined)
      throw missing('the labelled rows', 'elpis guard train-probe smollm2:135m --data rows.jsonl')
    const settings = config()
    const store = openStore(settings.modelsFolder)
    const { name } = await store.find(model)
    const prepared = await prepareModel(name, {
      store,
      signal,
      onPull: () => {},
      acceptLicence: async () => false,
    })
    const { probe, leftOut, at } = await trainProbe(prepared, {
      file: options.data,
      config: settings,
      signal,
    })
    await openProbeStore(settings.home).write(probe)
    const { measures, layer, rows } = probe
    if (json) {
      terminal.print(
        JSON.stringify({ model: name, digest: probe.digest, rows, leftOut, layer, at, measures }),
      )
      return
    }
    terminal.print(`Trained on ${rows} rows, at layer ${layer}. On ${measures.rows} others:`)
    const lines = (['probe', 'judge', 'together'] as const).map((by) => {
      const { auprc, f1, recall } = measures[by]
      return [by, auprc.toFixed(3), f1.toFixed(3), recall.toFixed(3)]
    })
    terminal.print(table([['', 'AUPRC', 'F1', 'RECALL AT 1%'], ...lines], [1, 2, 3]))
    if (leftOut > 0) terminal.note(`${leftOut} rows were left out: too long for the context, or too short.`)
    terminal.note(`One in a hundred harmless rows scores ${at.toFixed(2)}: see [probe] in policies.`)
  },
})

export const probes = defineCommand({
  name: 'probes',
  summary: 'List the probes of this machine, or remove one.',
  usage: '[list | rm MODEL]',
  examples: ['elpis guard probes', 'elpis guard probes rm smollm2:135m'],
  positionals: [0, 2],
  async run({ positionals: [what = 'list', which], config, json, terminal }) {
    const { home, modelsFolder } = config()
    const store = openProbeStore(home)
    const { probes: all, broken } = store.list()
    if (what === 'rm') {
      if (which === undefined) throw missing('a model', 'elpis guard probes rm smollm2:135m')
      // What a probe was trained for may be gone from the store.
      const { digest } = (await openStore(modelsFolder).lookup(which)) ??
        all.find(({ model }) => model === which) ?? { digest: which }
      const known = [...all.map((probe) => probe.digest), ...broken].includes(digest)
      if (!known || !(await store.remove(digest)))
        throw elpisError('probe_unknown', { model: plainText(which.slice(0, 100)) })
      terminal.print(json ? JSON.stringify({ removed: digest }) : `Removed the probe of ${which}.`)
      return
    }
    if (what !== 'list') throw missing('list or rm', 'elpis guard probes list')
    if (json) {
      const told = all.map(({ prompt: _prompt, response, ...probe }) => ({
        ...probe,
        responses: response !== null,
      }))
      terminal.print(JSON.stringify({ probes: told, broken }))
      return
    }
    if (all.length + broken.length === 0)
      terminal.note('There are no probes. `elpis guard train-probe` trains one.')
    else {
      const rows = all.map(({ model, layer, rows: count, measures, trainedAt, digest }) => [
        plainText(model),
        String(layer),
        String(count),
        measures.probe.auprc.toFixed(3),
        trainedAt.slice(0, 10),
        digest.slice(0, 12),
      ])
      const useless = broken.map((digest) => ['cannot be used', '', '', '', '', digest.slice(0, 12)])
      terminal.print(
        table([['MODEL', 'LAYER', 'ROWS', 'AUPRC', 'TRAINED', 'WEIGHTS'], ...rows, ...useless], [1, 2, 3]),
      )
    }
  },
})
