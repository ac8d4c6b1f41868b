/** What is asked of the console's modules and of the tests of them. */

import globals from 'globals';

const RULES = {
  'constructor-super': 'error',
  eqeqeq: 'error',
  'getter-return': 'error',
  'no-const-assign': 'error',
  'no-dupe-args': 'error',
  'no-dupe-class-members': 'error',
  'no-dupe-keys': 'error',
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  'no-redeclare': 'error',
  'no-self-assign': 'error',
  'no-this-before-super': 'error',
  'no-undef': 'error',
  'no-unreachable': 'error',
  'no-unused-private-class-members': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', varsIgnorePattern: '^_$' }],
  'no-var': 'error',
  'prefer-const': 'error',
  'valid-typeof': 'error',
};

export default [
  { ignores: ['api/console/static/vendor/**'] },
  { files: ['api/console/static/js/**/*.js'], languageOptions: { globals: globals.browser }, rules: RULES },
  { files: ['tests/console/**/*.js'], languageOptions: { globals: globals.node }, rules: RULES },
];
