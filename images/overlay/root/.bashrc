# SPDX-License-Identifier: GPL-2.0-or-later
PS1='\h:\w\$ '
