"""Superchat: an omnichannel inbox for WhatsApp, mail, SMS, live chat and social messengers."""
