"""Boxes over a screen, one file each. None opens by itself."""

from console.screens.help import HelpModal as HelpModal
from console.screens.modals.approval import ApprovalModal as ApprovalModal
from console.screens.modals.box import Box as Box, Gone as Gone
from console.screens.modals.confirm import ForgetModal as ForgetModal, HangUpModal as HangUpModal
from console.screens.modals.dial import DialModal as DialModal
from console.screens.modals.digits import DigitsModal as DigitsModal
from console.screens.modals.inject import InjectModal as InjectModal
from console.screens.modals.language import LanguageModal as LanguageModal
from console.screens.modals.line_of_text import MarkModal as MarkModal, TransferModal as TransferModal
from console.screens.modals.restart import RestartModal as RestartModal
from console.screens.modals.say import SayModal as SayModal
