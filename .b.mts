import { Backlog } from './edge/inference/backlog.ts';
const b = new Backlog(); const done = [];
const w = async (n, t, o) => { const c = b.enter(o); try { for (let i=0;i<t;i++) await c.turn(2048, () => void done.push(n)); } finally { c.leave(); } };
await Promise.all([w('a',3), w('b',3), w('c',1)]); console.log(done.join(''));
