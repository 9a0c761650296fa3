document.querySelector('h1')?.setAttribute('data-ready', 'yes');
