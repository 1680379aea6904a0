'use strict';

// A bot as its author tries it on the pages: it sells shirts. The environment variable BOT configures it, as JSON, like
// bot.js; its first line on stdout is {"port":N}, and PORT may say which.

const ChipChat = require('chipchat');

const config = JSON.parse(process.env.BOT);

const bot = new ChipChat({
    host: config.host,
    token: config.token,
    refreshToken: config.refreshToken,
    email: config.email
});

bot.on('error', (err) => console.error('error event:', err && err.message ? err.message : err));

const answers = {
    buttons: { text: 'Which size?', actions: [
        { type: 'reply', text: 'Small', payload: 'SIZE_S' },
        { type: 'postback', text: 'Large', payload: 'SIZE_L' },
        { type: 'link', text: 'All sizes', uri: 'https://shop.example/sizes' }
    ] },
    card: { type: 'card', text: 'https://shop.example/shirt.png', contentType: 'image/png', meta: { title: 'The shirt' } },
    items: { text: 'Our shirts', items: [
        { title: 'Red', description: 'Like a rose', actions: [{ type: 'reply', text: 'Take red', payload: 'RED' }] },
        { title: 'Blue', description: 'Like the sea', actions: [{ type: 'postback', text: 'Take blue', payload: 'BLUE' }] }
    ] },
    later: [{ text: 'Wait for it' }, { text: 'There it is', delay: 1500 }],
    note: { text: 'He looks rich', isBackchannel: true },
    command: { type: 'command', text: '/set mood good' },
    long: { text: 'a long answer '.repeat(400) },
    unicode: { text: '漢字 🏳️‍🌈 مرحبا é\u0301 <b>&amp;</b>\n\n  two lines' }
};

bot.on('message.create.contact.chat.contact', async (message, conversation) => {
    const answer = answers[message.text];
    if (!answer) {
        await conversation.say({ text: `You said ${message.text.slice(0, 40)}`, role: 'agent' });
        return;
    }
    for (const m of [].concat(answer)) {
        await conversation.say(Object.assign(m.type === 'command' ? {} : { role: 'agent' }, m));
    }
});

bot.on('message.create.contact.postback.contact', async (message, conversation) => {
    await conversation.say({ text: `You pressed ${message.text}`, role: 'agent' });
});

process.env.PORT = process.env.PORT || '0';
console.log = console.error;
bot.on('ready', () => process.stdout.write(`${JSON.stringify({ port: bot.server.address().port })}\n`));
bot.start();
