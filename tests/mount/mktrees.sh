# SPDX-License-Identifier: LGPL-2.1-or-later
# What the test disks hold; read by mkdisks.sh.  Everything in a tree follows from this text.

# noise BYTES SEED - bytes that do not compress, the same every time
noise()
{
	openssl enc -aes-128-ctr -K "$(printf '%032x' "$2")" -iv 0 -in /dev/zero 2>/dev/null |
		head -c "$1"
}

# small_files DIR COUNT - file1 .. fileCOUNT, each with its own text
small_files()
{
	mkdir "$1"
	seq "$2" | while read -r i; do
		echo "file $i of $1" >"$1/file$i"
	done
}

# plain_tree DIR - what every file system can hold
plain_tree()
(
	mkdir "$1"
	cd "$1"
	echo 'hello, world' >hello.txt
	: >empty
	noise 3500001 1 >noise.bin
	truncate -s 300000 zeros.bin
	echo 'a name in two words' >'two words.txt'
	mkdir -p deep/1/2/3/4/5/6/7/8/9/10 'empty dir'
	echo 'at the bottom' >deep/1/2/3/4/5/6/7/8/9/10/bottom.txt
	small_files many 500
)

# unix_tree DIR - with what only Unix file systems hold
unix_tree()
(
	plain_tree "$1"
	cd "$1"
	newline='new
line'
	byte=$(printf 'not\377utf8')
	long=$(printf '%0255d' 0)
	echo 'a newline' >"$newline"
	echo 'a byte' >"$byte"
	echo 'a long name' >"$long"
	mkdir links modes
	ln -s ../hello.txt links/relative
	ln -s /etc/passwd links/absolute
	ln -s ../../../../../../etc/passwd links/escaping
	ln -s nowhere links/dangling
	ln -s ../deep/1 links/directory
	ln hello.txt links/hard
	for mode in 0000 0400 0755 2711 4755; do
		echo "$mode" >"modes/$mode"
		chmod "$mode" "modes/$mode"
	done
	mkfifo modes/fifo
)

# linux_tree DIR - enough of a Linux system to be recognised as one
linux_tree()
(
	unix_tree "$1"
	cd "$1"
	mkdir crowd # more than one message of names
	seq 2001 | sed 's,^,crowd/,' | xargs touch
	mkdir -p bin etc home usr/bin var/log
	cp /bin/true bin/ls # for its kind of processor
	cat >etc/os-release <<-END
		PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
		NAME="Debian GNU/Linux"
		VERSION_ID="12"
		ID=debian
	END
	echo 12.4 >etc/debian_version
	echo vdisk-test >etc/hostname
	cat >etc/fstab <<-END
		/dev/mapper/vg0-root / ext4 defaults 0 1
		/dev/vg0/data /home xfs defaults 0 2
		LABEL=e4 /srv ext4 defaults 0 2
		LABEL=swap none swap sw 0 0
	END
)
