/** The built worker over HTTP in real workerd, as it is deployed: every route. */
import { startWorker } from '../../harness/worker.ts';
import { behavesAsDocumented } from '../runtimes/behaviour.ts';

behavesAsDocumented(startWorker);
