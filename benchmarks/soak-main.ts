import { parseArgs } from 'node:util';
import { growth, lineOf, type SoakSettings, soak } from './soak.js';

/**
 * A long run in one process: memory and open files must stay flat.
 *
 *     npm run compile && node build/benchmarks/soak-main.js
 *     node build/benchmarks/soak-main.js --objects 200000 --runs 50 --faults 0
 *     node build/benchmarks/soak-main.js --server seaweedfs --second-writer --minutes 20 --runs 100000 --objects 2000
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '600' },
    objects: { type: 'string', default: '10000' },
    changed: { type: 'string', default: '0.002' },
    faults: { type: 'string', default: '0.05' },
    server: { type: 'string', default: 'embedded' },
    'second-writer': { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});
const began = performance.now();
// A server that is waited for does not keep this process.
const alive = setInterval(() => undefined, 1_000);
const { runs, exits, samples } = await soak({
  runs: Number(values.runs),
  minutes: Number(values.minutes),
  objects: Number(values.objects),
  changed: Number(values.changed),
  faults: Number(values.faults),
  server: values.server as SoakSettings['server'],
  secondWriter: values['second-writer'],
  seed: Number(values.seed),
  say: console.log,
});
clearInterval(alive);
for (const at of [0, Math.floor(samples.length / 2), samples.length - 1])
  console.log(`after run ${at}: ${lineOf(samples[at])}`);
const grown = growth(samples);
console.log(
  `${runs} runs in ${Math.round((performance.now() - began) / 1000)} s, exits ${JSON.stringify(exits)}: ${grown ?? 'memory and open files are flat'}`,
);
process.exit(grown === undefined ? 0 : 1);
