import { InputError } from '../../core/errors.ts';
import { scopeName } from '../../core/keys.ts';
import type { App } from '../app.ts';
import { MAX_PAGE } from './items.ts';
import { checkProvider, findScopes } from './scopes.ts';
