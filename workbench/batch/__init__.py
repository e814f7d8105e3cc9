"""One engagement or all of them: parameters checked, notebooks run, a whole report published or nothing."""
