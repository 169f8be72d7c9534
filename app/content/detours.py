"""Why somebody reads another page than the one they asked for, and what now: one or two sentences, shown once."""

NOT_BEGUN = "Aucune demande n’est commencée dans cet onglet : commencez ici."
MISSING = "La page demandée vient plus loin : répondez d’abord à cette étape."
# Where nothing is left of the demand, nobody knows which of these it was.
ENDED = (
    "La demande commencée dans cet onglet n’est plus ouverte : elle a été terminée ou effacée dans un autre onglet, ou "
    "laissée plus de vingt-quatre heures. Si vous n’avez pas reçu de courriel, rien n’a été enregistré : recommencez "
    "ici."
)
EXPIRED = (
    "La demande commencée dans cet onglet a été laissée plus de vingt-quatre heures : ce que vous aviez saisi est "
    "effacé. Si vous n’avez pas reçu de courriel, rien n’a été enregistré : recommencez ici."
)
FINISHED = (
    "La demande commencée dans cet onglet a été terminée dans un autre onglet : le courriel reçu dit ce qui a été "
    "enregistré. Vous pouvez en commencer une autre ici."
)
DONE = "Cette démarche est terminée : voici ce qui a été enregistré."
NO_MODE = "Choisissez d’abord l’espace que vous voulez créer."
CODE_WAITS = "Votre demande est déjà enregistrée : il reste à saisir le code reçu par courriel."
ADDRESS_REFUSED = (
    "Corrigez l’adresse électronique\u00a0: la messagerie n’a pas accepté celle-ci. Vos autres réponses sont gardées, "
    "sauf le mot de passe\u00a0: choisissez-le à nouveau."
)

MOVE_ENDED = (
    "Le déplacement commencé dans cet onglet n’est plus ouvert. Voici votre rendez-vous tel qu’il est maintenant : "
    "vous pouvez recommencer d’ici."
)
CANCELLED = "Ce rendez-vous a été annulé entre-temps : il n’a pas été déplacé."
BEGUN = "L’heure de ce rendez-vous est passée : il ne peut plus être déplacé."
MOVED = (
    "Ce rendez-vous a été déplacé entre-temps, ailleurs que dans cet onglet. Voici sa date actuelle : "
    "vous pouvez le déplacer encore d’ici."
)
FIXED = "Ce rendez-vous ne peut plus être déplacé : voici ce qu’il en est."
UNKNOWN = "Ce rendez-vous n’est plus connu : demandez son lien à nouveau, ou prenez un autre rendez-vous."

NO_CONFIRMATION = (
    "Aucun rendez-vous n’a été pris dans cet onglet. Le courriel de confirmation contient le lien vers le vôtre : vous "
    "pouvez le demander à nouveau plus bas."
)
NOT_OFFERED = "Le service ne propose plus cette modalité pour ce motif : choisissez-en une autre."
NO_OFFICE = "Nous ne connaissons pas encore votre service : trouvez-le d’après votre adresse."

SIGNED_OUT = "Votre session est terminée. Reconnectez-vous pour continuer."
ENDED_ELSEWHERE = (
    "Votre session a été fermée, depuis une autre page ou un autre appareil. Reconnectez-vous pour retrouver la page "
    "que vous avez quittée."
)
IDLE = (
    "Votre session a pris fin après {idle} sans activité. Reconnectez-vous pour retrouver la page que vous avez "
    "quittée."
)
LONGEST = (
    "Votre session a pris fin : elle ne dure jamais plus de {longest}. Reconnectez-vous pour retrouver la page "
    "que vous avez quittée."
)
PRIVATE = "Connectez-vous pour ouvrir la page demandée."
