/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The script that looks at the devices, and its output taken apart; see scan.h.
 */
#include "config.h"

#include "scan-text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

/* Built-in commands of the shell do nearly everything.
 *
 * Devices may still be coming and going when the machine is slow: udev looks at each and may make
 * the kernel read a partition table again.  Of a partition there is always something to tell, so
 * where blkid says nothing it is asked again, about that partition alone: whatever ended it before
 * it had told of all devices may lie in another one. */
const char vmnt_scan_script[] =
	"! command -v udevadm >/dev/null || udevadm settle --timeout=60\n"
	"cd /sys/class/block || exit 1\n"
	"devices= parts=\n"
	"for d in *; do\n"
	"	sectors=0; read -r sectors <$d/size\n"
	"	if [ -e $d/partition ]; then\n"
	"		read -r number <$d/partition; read -r start <$d/start\n"
	"		cd -P $d/.. && printf '%s\\n' \"P $d $sectors $start $number ${PWD##*/}\"\n"
	"		parts=\"$parts /dev/$d\"\n"
	"	elif [ -e $d/md ]; then\n"
	"		printf '%s\\n' \"M $d $sectors\"\n"
	"	elif [ -e $d/dm ]; then\n"
	"		name=; uuid=; read -r name <$d/dm/name; read -r uuid <$d/dm/uuid\n"
	"		printf '%s\\n' \"X $d $sectors\" \"N $d $name\" \"U $d $uuid\"\n"
	"	elif [ -e $d/device ]; then\n"
	"		cd -P $d/device && printf '%s\\n' \"D $d $sectors ${PWD##*/}\"\n"
	"	else continue\n"
	"	fi\n"
	"	cd /sys/class/block\n"
	"	devices=\"$devices /dev/$d\"\n"
	"	for s in $d/slaves/*; do\n"
	"		[ ! -e $s ] || printf '%s\\n' \"S $d ${s##*/}\"\n"
	"	done\n"
	"done\n"
	"while read -r a b; do printf '%s\\n' \"F ${b:-$a}\"; done </proc/filesystems\n"
	"! command -v ntfs-3g >/dev/null || echo F ntfs-3g\n"
	"for m in /lib/modules/*/kernel/fs/*/*.ko*; do printf '%s\\n' \"F ${m##*/}\"; done\n"
	"told=$(blkid -c /dev/null -p -o export $devices 2>/dev/null)\n"
	"for try in 1 2 3 4 5 6 7 8; do\n"
	"	silent=\n"
	"	for d in $parts; do\n"
	"		case \"$told\n\" in *\"DEVNAME=$d\n\"*) ;; *) silent=\"$silent $d\";; esac\n"
	"	done\n"
	"	[ -n \"$silent\" ] || break\n"
	"	[ $try -eq 1 ] || sleep 1\n"
	"	for d in $silent; do\n"
	"		told=\"$told\n$(blkid -c /dev/null -p -o export $d 2>/dev/null)\"\n"
	"	done\n"
	"done\n"
	"for d in $silent; do\n"
	"	why=$(blkid -c /dev/null -p $d 2>&1); status=$?\n"
	"	printf '%s\\n' \"E ${d##*/} status $status\" \"$why\" | tr '\\n' ' '; echo\n"
	"done\n"
	"printf '%s\\n' B \"$told\"\n"
	"exit 0\n";

static struct vmnt_scan_device *add_device(struct vmnt_scan_text *t, enum vmnt_scan_kind kind,
					   const char *kname)
{
	struct vmnt_scan_device d = { .kind = kind, .kname = kname };

	if (t->devices.n >= VMNT_SCAN_DEVICES_MAX || VU_ARRAY_PUSH(&t->devices, d) < 0)
		return NULL;
	return &t->devices.v[t->devices.n - 1];
}

struct vmnt_scan_device *vmnt_scan_text_find(const struct vmnt_scan_text *t, const char *kname)
{
	VU_ARRAY_FOREACH(&t->devices, d)
		if (strcmp(d->kname, kname) == 0)
			return d;
	return NULL;
}

/* The next word of a line, the rest where it is the last one wanted; "" at the end. */
static char *next_word(char **rest)
{
	char *word = *rest;
	size_t len = strcspn(word, " ");

	*rest = word + len + (word[len] != '\0');
	word[len] = '\0';
	return word;
}

static uint64_t number(const char *word)
{
	return strtoull(word, NULL, 10);
}

static void parse_disk(struct vmnt_scan_device *d, char *rest)
{
	d->sectors = number(next_word(&rest));
	sscanf(rest, "%u:%u:%u:%u", &d->bus[0], &d->bus[1], &d->bus[2], &d->bus[3]);
}

static void parse_partition(struct vmnt_scan_device *d, char *rest)
{
	d->sectors = number(next_word(&rest));
	d->start = number(next_word(&rest));
	d->number = (unsigned)number(next_word(&rest));
	d->parent = rest;
}

/* Lines that add to an earlier device. */
static int parse_detail(struct vmnt_scan_text *t, char letter, const char *kname, char *rest)
{
	struct vmnt_scan_member m = { .of = kname, .kname = rest };
	struct vmnt_scan_device *d = vmnt_scan_text_find(t, kname);

	if (d == NULL)
		return 0;
	if (letter == 'N')
		d->mapper_name = rest;
	else if (letter == 'U')
		d->mapper_uuid = rest;
	else if (t->members.n < VMNT_SCAN_DEVICES_MAX)
		return VU_ARRAY_PUSH(&t->members, m);
	return 0;
}

static int parse_device(struct vmnt_scan_text *t, enum vmnt_scan_kind kind, char *rest)
{
	struct vmnt_scan_device *d = add_device(t, kind, next_word(&rest));

	if (d == NULL)
		return t->devices.n >= VMNT_SCAN_DEVICES_MAX ? 0 : -1;
	if (kind == VMNT_SCAN_DISK)
		parse_disk(d, rest);
	else if (kind == VMNT_SCAN_PART)
		parse_partition(d, rest);
	else
		d->sectors = number(rest);
	return 0;
}

/* Return: 0, or -1 without memory. */
static int parse_line(struct vmnt_scan_text *t, char *line)
{
	static const char letters[] = { [VMNT_SCAN_DISK] = 'D',
					[VMNT_SCAN_PART] = 'P',
					[VMNT_SCAN_MD] = 'M',
					[VMNT_SCAN_DM] = 'X' };
	char *rest = line + 2, *kname;

	if (line[0] == '\0' || line[1] != ' ')
		return 0;
	for (size_t i = 0; i < sizeof(letters); i++)
		if (line[0] == letters[i])
			return parse_device(t, (enum vmnt_scan_kind)i, rest);
	if (line[0] == 'F' && t->drivers.n < VMNT_SCAN_DEVICES_MAX)
		return VU_ARRAY_PUSH(&t->drivers, rest);
	if (strchr("NUS", line[0]) == NULL)
		return 0;
	kname = next_word(&rest);
	return parse_detail(t, line[0], kname, rest);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes what blkid does to values: "\xNN" for a byte, "\c" for a character. */
static void unescape(char *s)
{
	char *out = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] == 'x' && hex_digit(s[2]) >= 0 && hex_digit(s[3]) >= 0) {
			char c = (char)(hex_digit(s[2]) << 4 | hex_digit(s[3]));

			*out++ = c != '\0' ? c : ' ';
			s += 4;
			continue;
		}
		if (s[0] == '\\' && s[1] != '\0')
			s++;
		*out++ = *s++;
	}
	*out = '\0';
}

/* KEY=VALUE of the device @d. */
static void parse_value(struct vmnt_scan_device *d, const char *key, char *value)
{
	const struct {
		const char *key;
		const char **place;
	} places[] = {
		{ "TYPE", &d->type },
		{ "USAGE", &d->usage },
		{ "LABEL", &d->label },
		{ "UUID", &d->uuid },
		{ "UUID_SUB", &d->uuid_sub },
		{ "PART_ENTRY_SCHEME", &d->scheme },
		{ "PART_ENTRY_TYPE", &d->entry_type },
		{ "PART_ENTRY_UUID", &d->part_uuid },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strcmp(key, places[i].key) == 0) {
			unescape(value);
			*places[i].place = value;
		}
	}
}

/* One line of blkid; @d is the device that it is about, or NULL. */
static void parse_blkid_line(const struct vmnt_scan_text *t, char *line,
			     struct vmnt_scan_device **d)
{
	char *value = strchr(line, '=');

	if (value == NULL)
		return;
	*value++ = '\0';
	if (strcmp(line, "DEVNAME") == 0)
		*d = strncmp(value, "/dev/", 5) == 0 ? vmnt_scan_text_find(t, value + 5) : NULL;
	else if (*d != NULL)
		parse_value(*d, line, value);
}

int vmnt_scan_text_parse(char *text, struct vmnt_scan_text *t_out)
{
	struct vmnt_scan_device *d = NULL;
	bool is_blkid = false;

	*t_out = (struct vmnt_scan_text){ 0 };
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		if (is_blkid) {
			parse_blkid_line(t_out, line, &d);
		} else if (strcmp(line, "B") == 0) {
			is_blkid = true; /* no device is added any more: @d stays in place */
		} else if (parse_line(t_out, line) < 0) {
			vmnt_scan_text_free(t_out);
			return -1;
		}
	}
	return 0;
}

void vmnt_scan_text_free(struct vmnt_scan_text *t)
{
	VU_ARRAY_FREE(&t->devices);
	VU_ARRAY_FREE(&t->members);
	VU_ARRAY_FREE(&t->drivers);
}

static bool is_driver_there(const struct vmnt_scan_text *t, const char *name)
{
	size_t len = strlen(name);

	VU_ARRAY_FOREACH(&t->drivers, f)
		if (strncmp(*f, name, len) == 0 &&
		    ((*f)[len] == '\0' || strncmp(*f + len, ".ko", 3) == 0))
			return true;
	return false;
}

bool vmnt_scan_text_has_driver(const struct vmnt_scan_text *t, const char *type)
{
	/* Where a driver is not called what blkid calls its file system. */
	static const struct {
		const char *type, *driver;
	} others[] = {
		{ "ext2", "ext4" },     { "ext3", "ext4" },      { "ntfs", "ntfs-3g" },
		{ "ntfs", "ntfs3" },    { "iso9660", "isofs" },  { "zfs_member", "zfs" },
		{ "vxfs", "freevxfs" }, { "exfat", "exfat_fs" },
	};

	if (is_driver_there(t, type))
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(others[i].type, type) == 0 && is_driver_there(t, others[i].driver))
			return true;
	return false;
}
